// What the reader has folded out stays so while the page keeps itself new.
window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.matches("details"));
