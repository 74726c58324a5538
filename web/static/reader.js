// Contents that follow scrolling, search within the text. Enhancement only.
"use strict";
(() => {
  const text = document.getElementById("text"), finder = document.querySelector(".finder");
  if (!text) return;

  const entries = new Map();
  for (const link of document.querySelectorAll('.contents a[href^="#"]')) {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (target) entries.set(target, link);
  }
  const side = document.querySelector(".side");
  let current = null;
  function follow() {
    let found = entries.values().next().value;
    for (const [target, link] of entries) {
      if (target.getBoundingClientRect().top > innerHeight / 3) break;
      found = link;
    }
    if (found === current) return;
    current?.removeAttribute("aria-current");
    current = found;
    current.setAttribute("aria-current", "true");
    const top = current.offsetTop - side.scrollTop, height = side.clientHeight;
    if (top < 40 || top > height - 80) side.scrollTop += top - height / 3;
  }
  if (entries.size) {
    // Everything above the line counts as seen, so that a jump is noticed too.
    const observer = new IntersectionObserver(follow, { rootMargin: "9999999px 0px -66% 0px" });
    entries.forEach((_, target) => observer.observe(target));
    follow();
  }

  // Passages are searched one by one: no match spans two.
  const input = finder.querySelector("input"), place = finder.querySelector("output");
  const marks = CSS.highlights;
  let ranges = [], at = -1, asked = null, timer = 0;

  function search(words) {
    ranges = [];
    const wanted = words.toLowerCase();
    for (const part of text.querySelectorAll(".heading, .p")) {
      const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT), nodes = [];
      while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(".tools")) nodes.push(walker.currentNode);
      const plain = nodes.map((n) => n.data).join(""), lower = plain.toLowerCase();
      const whole = lower.length === plain.length ? lower : plain;
      let node = 0, before = 0;
      for (let from = whole.indexOf(wanted); from >= 0 && ranges.length < 2000; from = whole.indexOf(wanted, from + wanted.length)) {
        const range = document.createRange(), end = from + wanted.length;
        while (before + nodes[node].length <= from) before += nodes[node++].length;
        range.setStart(nodes[node], from - before);
        while (before + nodes[node].length < end) before += nodes[node++].length;
        range.setEnd(nodes[node], end - before);
        ranges.push(range);
      }
    }
  }

  function refresh() {
    const words = input.value.trim();
    if (words === asked) return;
    asked = words;
    at = -1;
    ranges = [];
    if (words) search(words);
    // A question has no literal match: step through the words highlighted for it.
    if (!ranges.length && words === input.defaultValue) {
      ranges = [...text.querySelectorAll(".p mark")].map((mark) => {
        const range = document.createRange();
        range.selectNodeContents(mark);
        return range;
      });
    }
    marks?.delete("here");
    marks?.set("found", new Highlight(...ranges));
    tell();
  }

  function tell() {
    const { none, place: words } = finder.dataset;
    place.textContent = !asked ? "" : ranges.length
      ? words.replace("##", ranges.length).replace("#", Math.max(at, 0) + 1) : none;
  }

  function step(by) {
    refresh();
    if (!ranges.length) return;
    // Start at the scroll position.
    if (at < 0) at = by < 0 ? 0 : Math.max(-1, ranges.findIndex((r) => r.getBoundingClientRect().top > 120) - 1);
    at = (at + by + ranges.length) % ranges.length;
    const range = ranges[at], top = range.getBoundingClientRect().top;
    if (marks) marks.set("here", new Highlight(range));
    else { getSelection().removeAllRanges(); getSelection().addRange(range); }
    scrollBy({ top: top - innerHeight / 3, behavior: "instant" });
    tell();
  }

  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(refresh, 200);
  });
  input.addEventListener("compositionend", refresh);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) {
      if (event.key === "Enter") event.preventDefault();
    } else if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      step(-1);
    }
  });
  finder.addEventListener("submit", (event) => { event.preventDefault(); step(1); });
  finder.querySelector("[data-back]").addEventListener("click", () => step(-1));
  if (input.value) refresh();
})();
