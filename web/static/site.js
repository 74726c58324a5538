// Enhancement only: every page works without it.
"use strict";
(() => {
  const input = document.getElementById("q");

  // "/" goes to the search box, unless something is being written.
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey && input) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });

  if (input) suggest(input);

  // Suggestions: the combobox pattern of WAI-ARIA 1.2 with a list that opens by itself.
  function suggest(input) {
    const list = document.createElement("ul");
    const live = document.createElement("div");
    let items = [], active = -1, timer = 0, request = null, composing = false, asked = "";
    list.className = "options";
    list.id = "options";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.list);
    live.className = "hidden";
    live.setAttribute("aria-live", "polite");
    input.after(list, live);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "options");
    input.setAttribute("aria-expanded", "false");

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function choose(index) {
      active = index;
      [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
      if (index < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", "option" + index);
    }

    function go(item) {
      // Only addresses of this site.
      if (/^\/(?!\/)/.test(item.url)) location.assign(item.url);
    }

    function show(found) {
      items = found;
      list.replaceChildren(...found.map((item, i) => {
        const option = document.createElement("li"), kind = document.createElement("span");
        option.id = "option" + i;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        kind.textContent = item.kind;
        option.append(item.text, kind);
        option.addEventListener("click", () => go(item));
        return option;
      }));
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      live.textContent = found.length ? input.dataset.count.replace("#", found.length) : "";
    }

    function ask() {
      clearTimeout(timer);
      const text = input.value.trim();
      if (request) request.abort();
      asked = text;
      if (!text || text.length > 60) { close(); return; }
      timer = setTimeout(async () => {
        request = new AbortController();
        try {
          const answer = await fetch("/api/v1/suggest?q=" + encodeURIComponent(text), { signal: request.signal });
          if (answer.ok && text === asked && document.activeElement === input) show((await answer.json()).suggestions);
        } catch { /* aborted or offline: the form still works */ }
      }, 150);
    }

    input.addEventListener("compositionstart", () => { composing = true; });
    input.addEventListener("compositionend", () => { composing = false; ask(); });
    input.addEventListener("input", () => { if (!composing) ask(); });
    // Before the blur that would close the list.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      // Keys that belong to an input method; 229 is what browsers send that end composition first.
      if (event.isComposing || composing || event.keyCode === 229) {
        if (event.key === "Enter") event.stopPropagation();
        return;
      }
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); return; }
      if (list.hidden || !items.length) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1, size = items.length + 1;
        choose((active + 1 + step + size) % size - 1);
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        go(items[active]);
      }
    });
    // Enter that ends a composition may still submit in some browsers: not then.
    input.form.addEventListener("submit", (event) => {
      if (composing) event.preventDefault();
      else if (!input.value.trim()) { event.preventDefault(); input.focus(); }
    });
  }

  // Copy buttons beside citations. In a text they appear where the reader is, not a thousand times.
  const words = document.body.dataset;

  function addCopy(cite) {
    if (!cite || !navigator.clipboard || cite.nextElementSibling?.classList.contains("copy")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(cite.textContent);
        button.textContent = words.copied;
        setTimeout(() => { button.textContent = words.copy; }, 2000);
      } catch {
        getSelection().selectAllChildren(cite);
      }
    });
    cite.after(button);
  }

  function stand() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    const place = document.getElementById(id);
    if (place) addCopy(place.matches(".p") && place.querySelector(".tools .cite"));
    // A long document is shown by part: ask for the one that has the passage.
    else if ("parts" in words && !new URLSearchParams(location.search).has("at")) {
      location.replace(location.pathname + "?at=" + encodeURIComponent(id) + "#" + encodeURIComponent(id));
    }
  }

  document.querySelectorAll(".cites .cite").forEach(addCopy);
  window.addEventListener("hashchange", stand);
  stand();

  // In a long table of contents, what is on this page comes into view.
  const here = document.querySelector(".contents .on");
  if (here) here.closest(".side").scrollTop = here.offsetTop - 60;

  // The panel that covers a phone's screen closes with Escape, too.
  document.addEventListener("keydown", (event) => {
    const panel = event.key === "Escape" && document.querySelector(".side:target .side-head .button");
    if (panel) panel.click();
  });
})();
