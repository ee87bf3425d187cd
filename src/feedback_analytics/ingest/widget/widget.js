// The reader widget: puts "Do you find this article useful?" under each article and its small form under each section.
// docs/guides/embed-the-widget.md tells how a page uses it. Comment lines and indentation do not travel to readers.
//
// What it keeps, in localStorage, once a reader has answered; never a cookie:
//   feedback:reader      this reader's pseudonym, random and made here
//   feedback:v:TARGET    [answer or null, last time given out, last time the service accepted], times in ms
//   feedback:q:ID        the bytes of an event the service has not answered yet; a key each, so that two open tabs
//                        never overwrite each other's
// Where storage is blocked or full, a plain object stands in for it until the page is left.
(() => {
  const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const boxes = [];
  const flying = new Set();
  // Events made anew for their time: should the service refuse that time too, they wait a minute.
  const redone = new Set();
  // skew: the service's clock minus this device's, in ms. hold: no sending before this, on performance.now().
  let skew = 0, hold = 0, tries = 0, timer, store;

  try {
    store = localStorage;
  } catch {}
  store = store || {};

  const keep = (key, value) => {
    try {
      store[key] = value;
    } catch {
      store = { ...store, [key]: value };
    }
  };

  const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  // Ten letters of time and sixteen of chance. They sort by time, so events go out in the order in which they were given.
  const ulid = time =>
    [...crypto.getRandomValues(new Uint8Array(26))].map((byte, i) => letters[(i < 10 ? time / 32 ** (9 - i) : byte) & 31]).join("");

  const queue = () => Object.keys(store).filter(key => /^feedback:q:/.test(key)).sort();
  const targetOf = data => "feedback:v:" + JSON.stringify([data.article_id, data.section_id]);
  const answerOf = target => JSON.parse(store[target] || "[null,0,0]");
  const note = (target, ...answer) => keep(target, JSON.stringify(answer));

  // The later of `at` and the answer's own last time plus 1 ms: of two answers to one target the later given one wins.
  const enqueue = (event, vote, at) => {
    const target = targetOf(event.data), [, last, sure] = answerOf(target);
    const time = Math.max(at, last + 1), id = ulid(time), key = "feedback:q:" + id;
    keep(key, JSON.stringify({ ...event, id, time: new Date(time).toISOString() }));
    note(target, vote, time, sure);
    return key;
  };

  const later = wait => {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  };

  const flush = async () => {
    for (const key of queue()) if (!await send(key)) break;
  };

  // Sends the very bytes that were kept, so that every retry is the same event. True once the service has answered it.
  // Text without credentials needs no preflight, and keepalive lets the request outlive the page.
  const send = async key => {
    const body = store[key], held = hold - performance.now();
    if (!body || flying.has(key)) return true;
    if (held > 0) return later(held);
    flying.add(key);
    let wait = 0, answered;
    try {
      const response = await fetch(new URL("v1/events", script.src), { method: "POST", body, keepalive: true, credentials: "omit" });
      if (/429|503/.test(response.status)) wait = 1000 * response.headers.get("retry-after") || 0;
      const answer = await response.json();
      if (/202|400|413|415|422/.test(response.status)) answered = settle(key, JSON.parse(body), response.status, answer);
    } catch {}
    flying.delete(key);
    if (!answered) {
      hold = Math.max(hold, performance.now() + wait);
      later(Math.max(wait, Math.min(3e5, 1000 * 2 ** tries++) * (1 + Math.random() / 4)));
    }
    paint();
    return answered;
  };

  const settle = (key, event, status, answer) => {
    const target = targetOf(event.data), time = Date.parse(event.time), [vote, last, sure] = answerOf(target);
    const refusal = (answer.errors || [])[0] || answer;
    // Small differences are the network's; following them would put answers given in quick succession out of order.
    const ahead = Date.parse(answer.server_time) - Date.now();
    if (Math.abs(ahead - skew) > 5e3) skew = ahead;
    if (status == 202) {
      tries = 0;
      note(target, vote, last, Math.max(sure, time));
    } else if (refusal.field == "time") {
      // A wrong clock: the same answer as a new event, at the time it was given by the service's clock.
      note(target, vote, sure, sure);
      const again = enqueue(event, vote, Math.min(time, Date.now()) + skew);
      redone.has(key) ? later(6e4) : send(again);
      redone.add(again);
    } else {
      console.warn("feedback: refused", refusal, event);
      if (last == time) {
        note(target, null, last, sure);
        boxes.forEach(box => box.target == target && (box.state = "refused"));
      }
    }
    delete store[key];
    return true;
  };

  // The small form says the first sentence only.
  const words = {
    voted: "Thank you. Your answer counts.",
    changed: "Changed. Your last answer counts.",
    back: "Taken back. It no longer counts.",
    queued: "Not sent yet. It goes out when it can.",
    refused: "Not counted. The service refused it.",
  };

  const paint = () => {
    const waiting = queue().map(key => targetOf(JSON.parse(store[key]).data));
    for (const { node, section, target, state, buttons, status, undo } of boxes) {
      const [vote] = answerOf(target);
      const now = waiting.includes(target) ? (tries ? "queued" : "sending") : state || (vote ? "voted" : "idle");
      const said = words[now] || "", text = section ? said.replace(/\. .*/, ".") : said;
      node.dataset.state = now;
      buttons.forEach(button => button.setAttribute("aria-pressed", button.dataset.vote == vote));
      undo.hidden = !vote;
      if (status.textContent != text) status.textContent = text;
    }
  };

  const give = (box, vote) => {
    const [old] = answerOf(box.target);
    if (vote == old) return;
    box.state = !vote ? "back" : old ? "changed" : "voted";
    keep("feedback:reader", store["feedback:reader"] || ulid(0));
    const data = {
      ...box.data,
      vote: vote || "retracted",
      reader_id: store["feedback:reader"],
      locale: document.documentElement.lang || navigator.language,
      device: Math.min(screen.width, screen.height) < 600 ? "mobile" : matchMedia("(pointer: coarse)").matches ? "tablet" : "desktop",
      // Where the reader came from, without the page and its query.
      referrer: document.referrer ? new URL(document.referrer).origin : undefined,
    };
    const source = script.dataset.source || location.origin;
    const key = enqueue({ specversion: "1.0", source, type: "feedback.vote.cast.v1", data }, vote, Date.now() + skew);
    paint();
    send(key);
  };

  const put = (parent, tag, text, attributes) => {
    const node = document.createElement(tag);
    node.textContent = text;
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    parent.append(node);
    return node;
  };

  const build = (article, section) => {
    const heading = section && section.querySelector("h1,h2,h3,h4,h5,h6");
    const data = {
      article_id: article.dataset.feedbackArticle,
      section_id: section && section.dataset.feedbackSection,
      article_version: +article.dataset.feedbackVersion || undefined,
    };
    const what = section ? "the section " + (heading ? heading.textContent.trim() : data.section_id) : "this article";
    const question = `Do you find ${what} useful?`;
    const node = put(section || article, "div", "", { class: section ? "feedback-widget small" : "feedback-widget", role: "group", "aria-label": question, lang: "en" });
    put(node, "div", section ? "Useful?" : question, { class: "question", "aria-hidden": true });
    const answers = put(node, "div", "", { class: "answers" }), said = put(node, "div", "", { class: "said" });
    const box = { node, section, data, target: targetOf(data), status: put(said, "span", "", { role: "status" }) };
    box.undo = put(said, "button", "Take back", { type: "button", "aria-label": "Take back my answer" });
    box.buttons = [["useful", "Yes"], ["not_useful", "No"]].map(([vote, word]) => {
      const button = put(answers, "button", "", { type: "button", "data-vote": vote });
      put(button, "span", word);
      button.onclick = () => give(box, vote);
      return button;
    });
    box.undo.onclick = () => {
      give(box, null);
      box.buttons[0].focus();
    };
    boxes.push(box);
  };

  // Safe to call again: what has its form keeps it. A page that adds articles later dispatches "feedback:scan".
  const scan = () => {
    for (const article of document.querySelectorAll("[data-feedback-article]")) {
      if (article.querySelector(":scope > .feedback-widget")) continue;
      for (const section of article.querySelectorAll("[data-feedback-section]"))
        if (section.closest("[data-feedback-article]") == article) build(article, section);
      build(article);
      if (article.matches("[data-feedback-ai]:not([data-feedback-ai=false])"))
        (article.querySelector("[data-feedback-label]") || article).prepend(put(article, "span", "AI Generated Content", { class: "feedback-ai", lang: "en" }));
    }
    paint();
  };

  const start = () => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("widget.css", script.src);
    // The forms appear with their style, or without it where the page's policy blocks it.
    sheet.onload = sheet.onerror = scan;
    document.head.append(sheet);
    flush();
  };

  addEventListener("online", flush);
  addEventListener("pageshow", flush);
  // Another tab has answered: what this one last said may be wrong now.
  addEventListener("storage", () => {
    boxes.forEach(box => (box.state = ""));
    paint();
  });
  document.addEventListener("feedback:scan", scan);
  document.readyState == "loading" ? addEventListener("DOMContentLoaded", start) : start();
})();
