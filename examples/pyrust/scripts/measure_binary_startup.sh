#!/usr/bin/env bash
# Builds this crate as it is, times its start-up (hyperfine, in rounds, beside this machine's floor) and judges it by
# the budget in Cargo.toml: burnish's own measuring and judging.
#
#     scripts/measure_binary_startup.sh [REPORT_DIR]
#
# The numbers go to REPORT_DIR/report.json (default: target/burnish-report) and its renderings. Exit status: 0 when
# the budget is met, 2 when it is missed or the measurement cannot tell, 3 when something is missing.
set -euo pipefail

crate=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
reports=${1:-$crate/target/burnish-report}
read -r -a burnish <<<"${BURNISH:-burnish}"

if ! command -v "${burnish[0]}" >/dev/null; then
  echo "measure_binary_startup.sh: there is no ${burnish[0]} on the PATH" >&2
  echo "  expected: an environment with burnish installed, or BURNISH='PYTHON -m burnish'" >&2
  exit 3
fi

"${burnish[@]}" baseline --project "$crate" --report-dir "$reports"
"${burnish[@]}" measure --project "$crate"
"${burnish[@]}" judge --project "$crate"
