// Asks once a second whether the page would look different now, and if so has it drawn anew. Waits while a table or
// chart is being read, while the page is hidden, and says so when the service does not answer.
(function () {
  const feedback = window.feedback;
  const READ = ["hover", "focus-within"].map((how) =>
    [".scroll", ".outline", ".plot", ".map-wrap", ".panel", "input"].map((what) => `${what}:${how}`)).flat().join(", ");
  const LOST_AFTER_SECONDS = 5;
  let seen = "", waiting = null, answeredAt = Date.now();

  const answers = (window.dash_clientside = window.dash_clientside || {}).feedback = { theme: feedback.theme };

  answers.seen = (shown) => {
    if (!shown) return seen;
    seen = shown.key;
    document.title = shown.title;
    // What takes long was left out at first.
    if (shown.waits) setTimeout(() => window.dash_clientside.set_props("changed", { data: { more: Date.now() } }), 0);
    setTimeout(settle, 0);
    return seen;
  };

  // Answers may arrive in another order than they were asked for, and Dash draws parts of a late one all the same. To it,
  // an answer after whose question the page has asked anew says that nothing changed: the newer one will tell all.
  let asked = 0;
  const plainFetch = window.fetch.bind(window);
  window.fetch = async (where, how) => {
    const draws = String(where.url || where).includes("/_dash-update-component") && /"shown\.data"/.test(how?.body);
    if (!draws) return plainFetch(where, how);
    const number = ++asked, answer = await plainFetch(where, how);
    return number === asked ? answer : new Response(null, { status: 204 });
  };

  // After a page was drawn: where the address points to, and where the keyboard was.
  let settledAt = "", focused = null;
  function settle() {
    const active = document.activeElement;
    if (focused && (!active || active === document.body)) find(focused)?.focus({ preventScroll: true });
    if (settledAt !== location.href && location.hash.length > 1) {
      document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
    }
    settledAt = location.href;
  }

  // By its name, or by its words among the links of its kind: the element itself may have been drawn anew.
  const find = ({ selector, text }) =>
    [...document.querySelectorAll(selector)].find((one) => text === null || one.textContent === text);
  function remember(element) {
    const name = element.getAttribute("name") || element.dataset?.name;
    if (name) focused = { selector: `[name="${CSS.escape(name)}"], [data-name="${CSS.escape(name)}"]`, text: null };
    else if (element.matches("a.cell")) focused = { selector: "a.cell.chosen", text: null };
    else if (element.matches("a.pick")) focused = { selector: "a.pick", text: element.textContent };
    else focused = null;
  }

  const isRead = () => document.querySelector(READ) !== null;

  function apply() {
    document.body.classList.toggle("has-waiting", waiting !== null && isRead());
    if (waiting === null || isRead()) return;
    window.dash_clientside.set_props("changed", { data: waiting });
    waiting = null;
  }

  async function look(dashboard) {
    if (document.hidden || seen === "") return;
    try {
      const answer = await fetch(dashboard.dataset.live + "?seen=" + encodeURIComponent(seen));
      if (answer.status === 200) waiting = await answer.json();
      if (answer.ok) tellLooked(answeredAt = Date.now());
    } catch { /* told below, by the time of the last answer */ }
    document.body.classList.toggle("is-lost", Date.now() - answeredAt > 1000 * LOST_AFTER_SECONDS);
    apply();
  }

  // On a page without votes nothing else shows that the service is being asked.
  function tellLooked(at) {
    const time = document.querySelector("time.looked");
    if (time) time.firstChild.nodeValue = new Date(at).toISOString().slice(11, 19) + " UTC";
  }

  const UNITS = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  function ago(seconds) {
    if (seconds < 60) return `${Math.max(0, Math.floor(seconds))}\u00a0s ago`;
    const [size, noun] = UNITS.find(([size]) => seconds >= size);
    const number = Math.floor(seconds / size);
    return `${number.toLocaleString("en-GB")}\u00a0${noun}${number === 1 ? "" : "s"} ago`;
  }

  function tellAges() {
    for (const time of document.querySelectorAll("time.ago")) {
      const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (time.firstChild && time.firstChild.nodeValue !== text) time.firstChild.nodeValue = text;
    }
  }

  // Followed without loading everything anew, unless a new tab or window is asked for.
  function follow(link, event) {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    remember(link);
    go(link);
  }

  function go(link) {
    const leaves = link.pathname !== location.pathname;
    window.dash_clientside.set_props("address", { href: link.href });
    if (leaves) { window.scrollTo(0, 0); document.getElementById("main").focus({ preventScroll: true }); }
  }

  // What a form holds goes into the address, beside what the address holds already.
  function submit(form) {
    const link = new URL(form.getAttribute("action"), location.origin);
    const query = new URLSearchParams(link.pathname === location.pathname ? location.search : "");
    for (const control of form.querySelectorAll("input, select")) {
      const name = control.getAttribute("name") || control.dataset.name;
      if (!name) continue;
      if (control.value.trim()) query.set(name, control.value.trim()); else query.delete(name);
    }
    query.delete("page");
    link.search = query.toString();
    go(link);
  }

  function switchTheme() {
    const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("feedback-theme", name); } catch { /* the choice then lasts as long as the page */ }
    feedback.setTheme(name);
  }

  // What a person writes is sent as JSON, and told beside the button when it is written.
  async function keep(form) {
    const told = form.querySelector(".told");
    const fields = [...form.querySelectorAll("input")].map((one) => [one.getAttribute("name"), one.value]);
    told.textContent = "Writing …";
    try {
      const answer = await fetch(form.dataset.keep, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(Object.fromEntries(fields)),
      });
      told.textContent = (await answer.json()).told;
      if (answer.ok) window.dash_clientside.set_props("changed", { data: { kept: Date.now() } });
    } catch { told.textContent = "The service does not answer; try again."; }
  }

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target.dataset.keep) return void keep(event.target);
    if (document.activeElement) remember(document.activeElement);
    submit(event.target);
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.phrase");
    if (form && event.target.matches("select") && !event.target.closest(".panel")) { remember(event.target); submit(form); }
  });

  // Arrows walk the map's cells: one stop for Tab, Enter chooses.
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.more-filters[open]").forEach((one) => { one.open = false; });
    const cell = event.target.closest?.("table.map a.cell"), step = STEPS[event.key];
    if (!cell || !step) return;
    const table = cell.closest("table"), place = cell.closest("td");
    let [row, column, next] = [place.parentNode.rowIndex, place.cellIndex, null];
    do {
      row += step[0]; column += step[1];
      next = table.rows[row]?.cells[column];
    } while (next && !next.querySelector("a.cell"));
    if (!next) return;
    event.preventDefault();
    table.querySelectorAll("a.cell").forEach((one) => { one.tabIndex = -1; });
    const target = next.querySelector("a.cell");
    target.tabIndex = 0;
    target.focus();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-inside]");
    if (link) follow(link, event);
    if (event.target.closest("#theme-button")) switchTheme();
    if (event.target.closest("button.reorder")) {
      window.dash_clientside.set_props("changed", { data: { reorder: Date.now() } });
    }
  });

  function start() {
    const dashboard = document.getElementById("dashboard");
    if (!dashboard) return void setTimeout(start, 50);
    answeredAt = Date.now();
    setInterval(() => look(dashboard), 1000 * Number(dashboard.dataset.refreshSeconds));
    setInterval(tellAges, 1000);
  }
  start();
})();
