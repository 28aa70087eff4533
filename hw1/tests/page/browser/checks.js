// What is wrong with the page as it is laid out now: each function returns a list of sentences, empty if nothing is.

const told = (element) => {
  const words = (element.alt || element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 60);
  return `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""} “${words}”`;
};

const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);

const region = (element) => {
  while (element && !scrolls(element)) element = element.parentElement;
  return element;
};

const unfold = () => document.querySelectorAll("details").forEach((details) => (details.open = true));

async function figures() {
  const wrong = [];
  for (const figure of document.querySelectorAll("figure")) {
    const image = figure.querySelector("img");
    const decoded = image && (await image.decode().then(() => image.naturalWidth > 0, () => false));
    if (!decoded) {
      wrong.push(`${told(figure)} has no picture that can be decoded`);
      continue;
    }
    image.scrollIntoView({ behavior: "instant", block: "center", inline: "start" });
    const box = image.getBoundingClientRect();
    const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
    const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
    if (box.width < 200 || box.height < 80) wrong.push(`${told(image)} is ${box.width} × ${box.height} pixels`);
    else if (!image.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      wrong.push(`${told(image)} is hidden`);
    else if (document.elementFromPoint(x, y) !== image) wrong.push(`${told(image)} is covered`);
    const frame = region(image);
    const inside = frame ? frame.getBoundingClientRect() : { left: 0, right: innerWidth };
    if (inside.left < 0 || inside.right > innerWidth + 1) wrong.push(`${told(figure)} is wider than the page`);
    if (frame ? image.offsetWidth > frame.scrollWidth : box.right > innerWidth + 1)
      wrong.push(`${told(image)} is cut at the side`);
  }
  return wrong;
}

function overflows() {
  unfold();
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    wrong.push(`the page is ${root.scrollWidth} pixels wide on ${root.clientWidth}`);
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    const outside = box.width > 0 && (box.left < -1 || box.right > root.clientWidth + 1);
    if (outside && !(element.parentElement && region(element.parentElement)))
      wrong.push(`${told(element)} reaches from ${box.left} to ${box.right}`);
  }
  return wrong;
}

const inner = () => document.querySelectorAll('a:not([href^="https://"])');

function deadLinks() {
  unfold();
  const wrong = [];
  const all = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(all.filter((one, i) => all.indexOf(one) !== i))) wrong.push(`#${id} is there twice`);
  for (const link of inner()) {
    const href = link.getAttribute("href") ?? "";
    const target = href.startsWith("#") && document.getElementById(decodeURIComponent(href.slice(1)));
    if (!target) wrong.push(`${told(link)} leads to ${href || "nothing"}`);
    else if (!target.checkVisibility()) wrong.push(`${told(link)} leads to ${href}, which is hidden`);
  }
  for (const name of ["aria-labelledby", "aria-describedby"])
    for (const element of document.querySelectorAll(`[${name}]`))
      for (const id of element.getAttribute(name).split(" "))
        if (!document.getElementById(id)) wrong.push(`${told(element)} is named by #${id}, which is not there`);
  return wrong;
}

async function clicked() {
  document.documentElement.style.scrollBehavior = "auto";
  const wrong = [];
  for (const link of inner()) {
    link.click();
    await new Promise(requestAnimationFrame);
    const target = document.querySelector(":target");
    const box = target?.getBoundingClientRect();
    if (`#${target?.id}` !== link.getAttribute("href")) wrong.push(`${told(link)} leads to ${target && told(target)}`);
    else if (box.height === 0 || box.top > innerHeight || box.bottom < 0)
      wrong.push(`${told(link)} leaves ${told(target)} out of view`);
  }
  return wrong;
}

function unreachable() {
  const wide = [...document.body.querySelectorAll("*")].filter(
    (element) => scrolls(element) && element.scrollWidth > element.clientWidth,
  );
  return wide.flatMap((element) => {
    const named = element.tagName === "PRE" || (element.getAttribute("role") && element.getAttribute("aria-label"));
    element.focus({ preventScroll: true });
    if (document.activeElement !== element) return [`${told(element)} scrolls, but no key reaches it`];
    return named ? [] : [`${told(element)} scrolls, but has no name`];
  });
}

function rgba(text) {
  const parts = text.match(/^rgba?\(([^)]+)\)$/)?.[1].split(",").map(Number);
  if (!parts) throw new Error(`not a colour that is understood: ${text}`);
  return [...parts.slice(0, 3), parts[3] ?? 1];
}

const over = ([r, g, b, a], ground) => [r, g, b].map((part, i) => a * part + (1 - a) * ground[i]);

function ground(element) {
  if (!element) throw new Error("the page has no background of its own");
  const style = getComputedStyle(element);
  if (style.backgroundImage !== "none") throw new Error(`${told(element)} stands on a picture`);
  const colour = rgba(style.backgroundColor);
  return colour[3] === 1 ? colour.slice(0, 3) : over(colour, ground(element.parentElement));
}

function luminance(colour) {
  const [r, g, b] = colour.map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function opacity(element) {
  return element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1;
}

function ratio(element, style) {
  const behind = ground(element);
  const [r, g, b, a] = rgba(style.color);
  const [low, high] = [luminance(over([r, g, b, a * opacity(element)], behind)), luminance(behind)].sort((p, q) => p - q);
  return (high + 0.05) / (low + 0.05);
}

function texts() {
  unfold();
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() && element.checkVisibility()) found.push([element, getComputedStyle(element)]);
  }
  for (const element of document.body.querySelectorAll("*"))
    for (const pseudo of ["::before", "::after"]) {
      const style = getComputedStyle(element, pseudo);
      if (!["none", "normal"].includes(style.content) && element.checkVisibility()) found.push([element, style]);
    }
  return found;
}

// WCAG 2.2, 1.4.3 (AA): 4.5 to 1, or 3 to 1 from 24 pixels on, or from 18.66 if bold.
function faint() {
  return texts().flatMap(([element, style]) => {
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const measured = ratio(element, style);
    return measured < least ? [`${told(element)} has a contrast of ${measured.toFixed(2)}, below ${least}`] : [];
  });
}

// Each picture and each caption gets a colour of its own, by which it is found on paper; sizes stay.
async function paint() {
  const shapes = [];
  for (const [i, figure] of [...document.querySelectorAll("figure")].entries()) {
    const image = figure.querySelector("img");
    const { width, height } = { width: image.getAttribute("width"), height: image.getAttribute("height") };
    const fill = `<rect width="100%" height="100%" fill="rgb(${4 * i},255,0)"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${fill}</svg>`;
    image.src = `data:image/svg+xml;base64,${btoa(svg)}`;
    await image.decode();
    const caption = figure.querySelector("figcaption");
    caption.style.cssText = `background: rgb(${4 * i},0,255) !important; color: transparent !important`;
    shapes.push({ name: told(figure), shape: width / height });
  }
  return shapes;
}
