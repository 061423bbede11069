// What is wrong with one field is told under it: a field names the problems that are about it in `data-problems`.

const SENTENCE = "field-problem";

/** Tell a problem at its field in this form and go there; false where the form has no field for it. */
export function tellAtField(form, problem, text) {
  const field = form.matches("form") && form.querySelector(`[data-problems~="${CSS.escape(problem)}"]`);
  if (!field) return false;
  const sentence = document.createElement("span");
  sentence.className = SENTENCE;
  sentence.id = `${SENTENCE}-${problem}`;
  sentence.setAttribute("role", "alert");
  sentence.textContent = text;
  (field.closest("label") ?? field).append(sentence);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", sentence.id);
  (field.matches("fieldset") ? field.querySelector("input") : field).focus();
  return true;
}

/** Take back what was told at the fields of a form. */
export function clearFields(form) {
  for (const field of form.querySelectorAll("[data-problems][aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const sentence of form.querySelectorAll(`.${SENTENCE}`)) sentence.remove();
}

document.addEventListener("input", (event) => {
  if (event.target.closest("[aria-invalid]")) clearFields(event.target.form);
});
