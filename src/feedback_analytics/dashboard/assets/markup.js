// The component of dashboard/markup.py: an element whose inside is HTML text, escaped by the service. React leaves it
// alone while the text is the same, so ages that are told on, focus and selection stay.
window.feedback_markup = {
  Markup: ({ id, tag, attributes, html }) =>
    window.React.createElement(tag, { ...attributes, id, dangerouslySetInnerHTML: { __html: html } }),
};
