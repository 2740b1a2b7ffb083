//! Every program in `tests/cases` prints what CPython prints, and fails where CPython fails.
//!
//! `tests/cases/regenerate.py` recorded CPython's side: `CASE.out` holds the output and, for a
//! program that fails, `CASE.err` the exception and its line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One test for each case, which carries its name.
macro_rules! cases {
    ($($name:ident)*) => {
        const CASES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

cases! {
    arithmetic_precedence
    augmented_assignment
    boolean_operators
    booleans_are_integers
    break_and_continue
    builtins
    builtins_can_be_replaced
    caesar_cipher
    chained_comparisons
    collatz
    comments_and_blank_lines
    comparisons
    conditional_expressions
    conversions
    empty_program
    equality_across_types
    fizzbuzz
    floor_division
    for_over_strings
    for_range
    functions
    functions_are_values
    greatest_common_divisor
    hanoi
    identity
    if_elif_else
    indentation_styles
    integer_limits
    integer_literals
    last_expression_is_not_printed
    line_joining
    loop_else
    loop_variable
    multiplication_table
    palindromes
    parallel_assignment
    power
    power_modulo
    primes
    print_options
    ranges
    recursion
    redefinition
    repr
    scopes
    statements_on_one_line
    string_indexing
    string_literals
    string_operations
    truth_values
    unary_operators
    variables
    while_loops
    windows_line_ends
    error_add_integer_and_string
    error_add_string_and_integer
    error_assign_to_call
    error_assign_to_expression
    error_assign_to_literal
    error_assign_to_none
    error_assignment_as_condition
    error_augmented_literal
    error_backslash_in_line
    error_bad_character
    error_bad_number
    error_break_in_function_in_loop
    error_break_outside_loop
    error_call_an_integer
    error_chr_range
    error_conditional_without_else
    error_continue_outside_loop
    error_duplicate_parameter
    error_else_without_if
    error_global_after_assignment
    error_global_after_use
    error_global_parameter
    error_in_integer
    error_inconsistent_dedent
    error_index_by_string
    error_index_of_integer
    error_index_out_of_range
    error_infinite_recursion
    error_int_of_none
    error_int_of_word
    error_integer_in_string
    error_iterate_an_integer
    error_keyword_as_name
    error_leading_zeros
    error_len_of_integer
    error_max_of_nothing
    error_mismatched_brackets
    error_missing_block
    error_missing_colon
    error_missing_operand
    error_mixed_tabs_and_spaces
    error_modulo_by_zero
    error_multiply_strings
    error_mutual_recursion
    error_name
    error_name_in_a_function
    error_name_of_a_later_function
    error_negate_string
    error_negative_index_out_of_range
    error_ord_of_two_characters
    error_order_across_types
    error_order_none
    error_output_before_is_kept
    error_positional_after_keyword
    error_print_separator
    error_print_unknown_option
    error_range_of_string
    error_range_step_zero
    error_repeated_keyword
    error_return_outside_function
    error_subtract_none
    error_too_few_arguments
    error_too_many_arguments
    error_too_many_blocks
    error_too_many_nested_loops
    error_too_many_parentheses
    error_true_division_by_zero
    error_truncated_escape
    error_two_expressions
    error_unbound_local
    error_unbound_local_augmented
    error_unbound_local_branch
    error_unclosed_parenthesis
    error_unexpected_indent
    error_unmatched_parenthesis
    error_unterminated_string
    error_unterminated_triple_quoted_string
    error_zero_division
    error_zero_to_a_negative_power
}

#[test]
fn every_case_in_the_folder_has_a_test() {
    let listed: BTreeSet<String> = CASES.iter().map(|name| name.to_string()).collect();
    assert_eq!(listed, case_names());
}

#[test]
fn every_case_has_a_recording_of_cpython() {
    for name in CASES {
        assert!(case_file(name, "out").is_file(), "{name}.out is missing");
        let has_error = case_file(name, "err").is_file();
        assert_eq!(has_error, name.starts_with("error_"), "{name}.err");
    }
}

fn check(name: &str) {
    let program = read(name, "py");
    let mut output = String::new();
    let result = pyrust::execute_python_into(&program, &mut output);
    assert_eq!(output, read(name, "out"));
    match result {
        Ok(()) => assert!(!case_file(name, "err").exists(), "CPython fails"),
        Err(error) => {
            let line = error.position().line;
            let summary = format!("{} on line {line}\n", error.kind());
            assert_eq!(summary, read(name, "err"), "{error}");
        }
    }
}

fn case_names() -> BTreeSet<String> {
    fs::read_dir(folder())
        .expect("the folder of cases is readable")
        .map(|entry| entry.expect("its entries are readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "regenerate")
        .collect()
}

fn read(name: &str, extension: &str) -> String {
    let path = case_file(name, extension);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn case_file(name: &str, extension: &str) -> PathBuf {
    folder().join(name).with_extension(extension)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}
