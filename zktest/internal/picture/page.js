"use strict";
// Pointing at something, or moving to it with Tab and the arrow keys, shows all there is to say about it, and what led to
// it. A click pins that; Escape lets go. Without scripts the browser's own tooltips say the same.
(() => {
  const card = document.getElementById("card");
  const all = [...document.querySelectorAll(".rows .e")];
  const diagram = document.querySelector(".diagram");
  let shown = null, pinned = false;
  for (const e of all) {
    const title = e.querySelector("title");
    e.dataset.d = title.textContent;
    e.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  const led = (e) => {
    const seen = new Set();
    const follow = (x) => {
      if (!x || seen.has(x)) return;
      seen.add(x);
      for (const id of (x.dataset.c || "").split(" ")) if (id) follow(document.getElementById(id));
    };
    follow(e);
    return seen;
  };
  const hide = () => {
    card.hidden = true;
    card.classList.remove("pinned");
    diagram.classList.remove("chain");
    for (const e of document.querySelectorAll(".led")) e.classList.remove("led");
    shown = null;
    pinned = false;
  };
  const show = (e, x, y) => {
    hide();
    shown = e;
    const [head, ...rest] = e.dataset.d.split("\n");
    card.replaceChildren();
    const b = card.appendChild(document.createElement("b"));
    b.textContent = head;
    card.appendChild(document.createElement("pre")).textContent = rest.join("\n");
    const chain = led(e);
    if (chain.size > 1) {
      diagram.classList.add("chain");
      for (const c of chain) c.classList.add("led");
      const i = card.appendChild(document.createElement("i"));
      i.textContent = "In bold: the " + (chain.size - 1) + " before it that led to it.";
    }
    card.hidden = false;
    const w = card.offsetWidth, h = card.offsetHeight;
    card.style.left = Math.max(8, Math.min(x + 16, innerWidth - w - 12)) + "px";
    card.style.top = (y + 20 + h > innerHeight ? Math.max(8, y - h - 16) : y + 20) + "px";
  };
  const at = (e) => {
    const r = e.getBoundingClientRect();
    const inside = (v, end) => Math.max(40, Math.min(v, end - 40));
    show(e, inside(r.left, innerWidth), inside(Math.min(r.bottom, r.top + 60), innerHeight));
  };
  const of = (target) => target instanceof Element ? target.closest(".rows .e") : null;
  diagram.addEventListener("pointerover", (ev) => {
    const e = of(ev.target);
    if (!pinned && e && e !== shown) show(e, ev.clientX, ev.clientY);
  });
  diagram.addEventListener("pointerout", (ev) => {
    if (!pinned && !of(ev.relatedTarget) && !card.contains(ev.relatedTarget)) hide();
  });
  diagram.addEventListener("focusin", (ev) => {
    const e = of(ev.target);
    if (e && e.matches(":focus-visible")) at(e);
  });
  document.addEventListener("click", (ev) => {
    const e = of(ev.target);
    if (e) {
      show(e, ev.clientX, ev.clientY);
      pinned = true;
      card.classList.add("pinned");
    } else if (!card.contains(ev.target)) hide();
  });
  document.addEventListener("keydown", (ev) => {
    if (ev.key === "Escape") return hide();
    const i = all.indexOf(document.activeElement);
    const next = { ArrowDown: i + 1, ArrowUp: i - 1 }[ev.key];
    if (i < 0 || next === undefined || !all[next]) return;
    ev.preventDefault();
    all[next].focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
    at(all[next]);
  });
  for (const link of document.querySelectorAll(".story a")) {
    link.addEventListener("click", (ev) => {
      const e = document.getElementById(link.hash.slice(1));
      if (!e) return;
      ev.preventDefault();
      ev.stopPropagation();
      e.scrollIntoView({ block: "center", inline: "nearest" });
      e.focus({ preventScroll: true });
      at(e);
    });
  }
  const copy = document.getElementById("copy");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById("replay").textContent);
      copy.textContent = "copied";
    });
  }
})();
