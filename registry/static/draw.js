// Drawing a compound's plan: rectangles for the outline and the buildings, lines for the roads; saved as the SVG that is uploaded otherwise.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const HEIGHT = 620;
const GRID = 5;
const LEAST = 10; // what is smaller was a slip of the hand
const LOOKS = {
  outline: { fill: "#f7f6f2", stroke: "#6b6b66", "stroke-width": "3" },
  building: { fill: "#dcdad2", stroke: "#6b6b66", "stroke-width": "1" },
  road: { stroke: "#c4c2ba", "stroke-width": "14", "stroke-linecap": "round" },
};
const NAME = { fill: "#55554f", "font-size": "15", "text-anchor": "middle", "dominant-baseline": "central" };
const LAYERS = ["outline", "road", "building"];

const made = (name, attributes, words = "") => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = words;
  return element;
};

/** The elements of a shape: `{ tool, x1, y1, x2, y2, name }`. */
function drawn({ tool, x1, y1, x2, y2, name }) {
  if (tool === "road") return [made("line", { x1, y1, x2, y2, ...LOOKS.road })];
  const [x, y, width, height] = [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)];
  const box = made("rect", { x, y, width, height, ...LOOKS[tool] });
  return name ? [box, made("text", { x: x + width / 2, y: y + height / 2, ...NAME }, name)] : [box];
}

/** The shapes of a drawing that was made here; null: it was made elsewhere. */
function read(text) {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const shapes = [];
  for (const element of root.querySelectorAll("*")) {
    const number = (name) => Number(element.getAttribute(name));
    const tool = LAYERS.find((each) => (each === "road") === (element.localName === "line") && element.getAttribute("stroke-width") === LOOKS[each]["stroke-width"]);
    if (element.localName === "text" && shapes.length) shapes.at(-1).name = element.textContent.trim();
    else if (element.localName === "line" && tool) shapes.push({ tool, x1: number("x1"), y1: number("y1"), x2: number("x2"), y2: number("y2"), name: "" });
    else if (element.localName === "rect" && tool) shapes.push({ tool, x1: number("x"), y1: number("y"), x2: number("x") + number("width"), y2: number("y") + number("height"), name: "" });
    else if (element.localName !== "g") return null;
  }
  return shapes;
}

async function start(form) {
  const sheet = form.querySelector("[data-sheet]");
  const file = form.elements.drawing;
  const name = form.querySelector("[data-name]");
  const undo = form.querySelector("[data-undo]");
  const save = form.querySelector(".primary");
  let shapes = [];
  let begun = null;

  const show = () => {
    const all = begun ? [...shapes, begun] : shapes;
    sheet.replaceChildren(...LAYERS.flatMap((layer) => all.filter(({ tool }) => tool === layer).flatMap(drawn)));
    undo.disabled = save.disabled = shapes.length === 0;
  };
  const at = (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM().inverse());
    const near = (value, most) => Math.min(most, Math.max(0, Math.round(value / GRID) * GRID));
    return [near(x, WIDTH), near(y, HEIGHT)];
  };

  sheet.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    const tool = form.elements.tool.value;
    begun = { tool, x1: x, y1: y, x2: x, y2: y, name: tool === "building" ? name.value.trim() : "" };
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!begun) return;
    [begun.x2, begun.y2] = at(event);
    show();
  });
  sheet.addEventListener("pointerup", () => {
    if (!begun) return;
    const [wide, high] = [Math.abs(begun.x2 - begun.x1), Math.abs(begun.y2 - begun.y1)];
    if (begun.tool === "road" ? wide + high >= LEAST : wide >= LEAST && high >= LEAST) {
      if (begun.tool === "outline") shapes = shapes.filter(({ tool }) => tool !== "outline");
      if (begun.tool === "building") name.value = "";
      shapes.push(begun);
    }
    begun = null;
    show();
  });
  sheet.addEventListener("pointercancel", () => {
    begun = null;
    show();
  });
  const takeBack = () => {
    shapes.pop();
    show();
  };
  undo.addEventListener("click", takeBack);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target === name) return;
    event.preventDefault();
    takeBack();
  });
  form.addEventListener("submit", () => {
    const root = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT });
    root.append(...sheet.cloneNode(true).childNodes);
    const kept = new DataTransfer();
    kept.items.add(new File([new XMLSerializer().serializeToString(root)], "plan.svg", { type: "image/svg+xml" }));
    file.files = kept.files;
  });

  if (form.dataset.known) {
    const answer = await fetch(form.dataset.known);
    const known = answer.ok ? read(await answer.text()) : null;
    if (known) shapes = known;
    else form.querySelector("[data-foreign]").hidden = false;
  }
  show();
}

const form = document.querySelector("[data-draw]");
if (form) start(form);
