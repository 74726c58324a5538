// Enhancement only: every page works without it.
"use strict";
(() => {
  const input = document.getElementById("q");

  // Single-key shortcuts can be turned off: speech input triggers them by accident (WCAG 2.1.4).
  const keys = document.getElementById("keys"), off = keys.querySelector("input");
  try {
    off.checked = localStorage.getItem("keys") === "off";
    off.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
  } catch { /* storage is blocked */ }
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, dialog") || off.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && input) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "?" || event.key === "\uff1f") {
      event.preventDefault();
      keys.showModal();
    }
  });
  keys.querySelector("button").addEventListener("click", () => keys.close());
  document.querySelector(".keys")?.addEventListener("click", () => keys.showModal());

  if (input) suggest(input);

  // Suggestions: the combobox pattern of WAI-ARIA 1.2 with a list that opens automatically.
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
    // Runs before the blur that would close the list.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      // Keys of an input method; browsers that end composition first send 229.
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
    // In some browsers the Enter that ends a composition also submits: prevent it.
    input.form.addEventListener("submit", (event) => {
      if (composing) event.preventDefault();
      else if (!input.value.trim()) { event.preventDefault(); input.focus(); }
    });
  }

  // Copy buttons are in the page but hidden: adding them later would shift the text.
  const words = document.body.dataset;
  document.documentElement.classList.add("js");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button || button.firstChild.data === words.copied) return;
    const cite = button.previousElementSibling, label = button.firstChild, before = label.data;
    try {
      await navigator.clipboard.writeText(cite.textContent);
      label.data = words.copied;
      setTimeout(() => { label.data = before; }, 2000);
    } catch {
      // Clipboard access denied: show and select the text for manual copying.
      cite.classList.add("shown");
      getSelection().selectAllChildren(cite);
    }
  });

  // Further passages of a hit open in place.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a.expand");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const all = page.querySelector(".all"), old = link.closest(".hit").querySelector(".all");
      if (!answer.ok || !all) throw new Error();
      old.replaceWith(document.adoptNode(all));
      link.remove();
    } catch {
      location.assign(link.href);
    }
  });

  function stand() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    const place = document.getElementById(id);
    // A long document is shown by part: request the one with the passage.
    if (!place && "parts" in words && !new URLSearchParams(location.search).has("at")) {
      location.replace(location.pathname + "?at=" + encodeURIComponent(id) + "#" + encodeURIComponent(id));
    }
  }

  window.addEventListener("hashchange", stand);
  stand();

  // Escape also closes a panel that covers the screen.
  document.addEventListener("keydown", (event) => {
    const panel = event.key === "Escape" && document.querySelector(".side:target .side-head .button");
    if (panel) panel.click();
  });
})();
