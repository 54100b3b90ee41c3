// Looks at a page as a reader would, and writes down what it finds; see finding in chromium_test.go.
addEventListener("load", () => {
  const found = { Errors: window.errors, Overlaps: [], Outside: [], Wide: [] };
  const named = (e) => e.textContent.slice(0, 60);
  const box = (e) => e.getBoundingClientRect();
  const texts = [...document.querySelectorAll(".rows .label, .rows .markt, .rows .bart, .rows .bandt, .rows .gapt, .rows .violationt, .rows .axist")];
  const boxes = texts.map(box);
  for (let i = 0; i < texts.length; i++) {
    for (let k = i + 1; k < texts.length; k++) {
      const a = boxes[i], b = boxes[k];
      const dx = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const dy = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      // Boxes are as high as the font, letters are not.
      if (dx > 1 && dy > 4) found.Overlaps.push(named(texts[i]) + " | " + named(texts[k]));
    }
    const around = box(texts[i].ownerSVGElement);
    if (boxes[i].left < around.left || boxes[i].right > around.right || boxes[i].bottom > around.bottom) found.Outside.push(named(texts[i]));
  }
  for (const head of document.querySelectorAll(".heads .name, .heads .note1")) {
    const around = box(head.previousElementSibling.classList.contains("headbox") ? head.previousElementSibling : head.previousElementSibling.previousElementSibling);
    if (box(head).left < around.left || box(head).right > around.right) found.Outside.push(named(head));
  }
  for (const e of document.querySelectorAll(".prose *")) {
    if (box(e).right > innerWidth + 1 && !e.closest("pre")) found.Wide.push(e.tagName + ": " + named(e));
  }
  const things = [...document.querySelectorAll(".rows .e")];
  found.Things = things.length;
  found.Tabbable = things.every((e) => e.tabIndex === 0 && e.getAttribute("aria-label"));
  const card = document.getElementById("card");
  const key = (name) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const event = document.querySelector(".rows .notification");
  if (event) {
    // With the keyboard. A window that has no focus itself tells nobody of a focus within it, so come from the neighbour.
    things[things.indexOf(event) - 1].focus({ focusVisible: true });
    key("ArrowDown");
    found.Card = card.hidden ? "" : card.textContent;
    found.Led = document.querySelectorAll(".rows .led").length;
    key("ArrowDown");
    found.Next = card.hidden ? "" : card.textContent;
    key("Escape");
    found.Escaped = card.hidden;
    const link = [...document.querySelectorAll(".story a")].find((a) => a.textContent.includes("partition"));
    if (link) link.click();
    found.Linked = card.hidden ? "" : card.textContent;
  }
  scrollTo(0, 0);
  const heads = document.querySelector(".heads");
  const rows = document.querySelector(".rows");
  scrollTo(0, box(rows).top + 100);
  found.HeadsStick = Math.abs(box(heads).top) < 2 || document.documentElement.scrollHeight <= innerHeight + box(rows).top;
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(found);
  document.body.append(out);
});
