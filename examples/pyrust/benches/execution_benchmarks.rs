//! What a call of the library costs, from the smallest program to a busy one.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{criterion_group, criterion_main, Criterion};
use pyrust::execute_python;

const ARITHMETIC: &str = "
x = 17
y = 2 + 3 * 4 - 10 // 3
z = (x + y) * (x - y) % 97
print(x ** 3 - y ** 2 + z, -x // 3, -x % 3, x < y < z)
";

const LOOP: &str = "
total = 0
for i in range(1000):
    if i % 3 == 0:
        total += i
print(total)
";

const FIBONACCI: &str = "
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

print(fib(15))
";

fn library_call(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("library_call");
    group.bench_function("expression", |bencher| {
        bencher.iter(|| execute_python(black_box("2 + 3")));
    });
    group.bench_function("print_literal", |bencher| {
        bencher.iter(|| execute_python(black_box("print(2 + 3)")));
    });
    group.finish();
}

fn execution(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("execution");
    for (name, program) in [
        ("arithmetic", ARITHMETIC),
        ("loop", LOOP),
        ("recursive_fibonacci", FIBONACCI),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| execute_python(black_box(program)));
        });
    }
    group.finish();
}

/// Hundreds of functions that are never called, so that reading them is nearly all of the work.
fn parsing(criterion: &mut Criterion) {
    let program = long_program(200);
    criterion.bench_function("parsing/long_program", |bencher| {
        bencher.iter(|| execute_python(black_box(&program)));
    });
}

fn long_program(functions: usize) -> String {
    let mut program = String::new();
    for number in 0..functions {
        // Writing to a string cannot fail.
        let _ = write!(
            program,
            "
def function_{number}(first, second):
    # A comment in every function.
    if first < second and not first == {number}:
        return (first + second) * {number} - first // 7
    while first > 0:
        first -= 1
    return 'text {number}' + str(first)
"
        );
    }
    program
}

criterion_group!(benches, library_call, execution, parsing);
criterion_main!(benches);
