// Asks the site's own search, as its pages do: `node search.js WORKER INDEX QUESTION...` prints for each question the
// places that it finds, best first, as one JSON document.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const [worker, index, ...questions] = process.argv.slice(2);
const [SETUP, READY, QUERY, RESULT] = [0, 1, 2, 3];
const NO_FILTER = { input: { type: "operator", data: { operator: "and", operands: [] } }, aggregation: { input: [] } };

let answered;
const self = { postMessage: (message) => answered(message) };
vm.runInNewContext(fs.readFileSync(worker, "utf8"), { self, Intl });

function ask(type, data, expected) {
  return new Promise((resolve, reject) => {
    answered = (message) => (message.type === expected ? resolve(message.data) : reject(new Error(JSON.stringify(message))));
    // Between a page and its worker each message is copied, and this worker writes into what it is given.
    self.onmessage({ data: { type, data: structuredClone(data) } });
  });
}

async function main() {
  const documents = JSON.parse(fs.readFileSync(index, "utf8"));
  await ask(SETUP, documents, READY);
  const found = {};
  for (const input of questions) {
    const { items } = await ask(QUERY, { input, filter: NO_FILTER }, RESULT);
    found[input] = items.map((item) => documents.items[item.id].location);
  }
  console.log(JSON.stringify(found));
}

main();
