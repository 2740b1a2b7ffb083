// Looks at pages in a real browser: what axe finds, what is wider than the window, which order of a table is shown.
// node look.mjs CHROMIUM FOLDER_OF_NODE_MODULES FOLDER_FOR_PICTURES_OR_- PAGE...; one JSON document on stdout.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, modules, pictures, ...pages] = process.argv.slice(2);
const load = createRequire(path.join(modules, "package.json"));
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const switches = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
const browser = await load("playwright-core").chromium.launch({
  executablePath: chromium,
  args: [...switches, "--disable-component-update", "--disable-sync"],
  timeout: 300_000,
});

async function opened(file, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(300_000); // a busy machine is no reason to fail
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  return { context, page };
}

async function look(file, colorScheme, width) {
  // The page's own policy forbids scripts, those of the test too.
  const { context, page } = await opened(file, { bypassCSP: true, colorScheme, viewport: { width, height: 900 } });
  const name = path.basename(file, ".html");
  if (pictures !== "-") {
    await page.screenshot({ path: path.join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  if (pictures !== "-") {
    await page.screenshot({ path: path.join(pictures, `${name}-${width}-${colorScheme}-open.png`), fullPage: true });
  }
  const openOverflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document));
  const violations = found.violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((n) => n.html) }));
  await context.close();
  return { name, colorScheme, width, overflow: Math.max(overflow, openOverflow), violations, passes: found.passes.length };
}

async function orders(file) {
  // By the keyboard alone, and without a script of the page's.
  const { context, page } = await opened(file, { bypassCSP: true });
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  const first = () =>
    page.evaluate(() =>
      [...document.querySelectorAll(".sortable:has(#trials-0) tbody")]
        .filter((body) => getComputedStyle(body).display !== "none")
        .map((body) => [...body.rows].map((row) => row.cells[0].textContent)),
    );
  const seen = [];
  if ((await page.locator("#trials-0").count()) > 0) {
    await page.focus("#trials-0");
    seen.push(await first());
    await page.keyboard.press("ArrowRight");
    seen.push(await first());
  }
  await context.close();
  return seen;
}

async function paper(file) {
  const { context, page } = await opened(file, {});
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  await context.close();
  return (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
}

const result = { looks: [], orders: {}, sheets: {} };
for (const file of pages) {
  for (const scheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      result.looks.push(await look(file, scheme, width));
    }
  }
  result.orders[path.basename(file, ".html")] = await orders(file);
  result.sheets[path.basename(file, ".html")] = await paper(file);
}
await browser.close();
console.log(JSON.stringify(result));
