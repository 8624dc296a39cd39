// Looks at a page of the book in the browser, and leaves what it saw in the page for tests/book/browser.rs: tables that are
// wider than their place, and what the search finds.
window.addEventListener("load", () => {
    const main = document.querySelector("main");
    const right = main.getBoundingClientRect().right + 1;
    const tables = [...main.querySelectorAll("table")];
    const wide = tables.filter((it) => it.getBoundingClientRect().right > right || it.scrollWidth > it.parentElement.clientWidth);
    document.body.dataset.tables = tables.length;
    document.body.dataset.wide = wide.map((it) => it.querySelector("th")?.textContent).join(",");
    document.body.dataset.scrolls = document.documentElement.scrollWidth > window.innerWidth;
});
