// Starts Dash; a file, as the policy of the pages lets no script run that stands in them.
window.renderer = new window.DashRenderer();
