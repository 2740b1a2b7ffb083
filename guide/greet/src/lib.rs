/// Greets.
///
/// ```
/// assert_eq!(greet::greeting("you"), "hello, you");
/// ```
pub fn greeting(name: &str) -> String {
    format!("hello, {name}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn greets_by_name() {
        assert_eq!(super::greeting("me"), "hello, me");
    }

    #[test]
    fn greets_nobody() {
        assert_eq!(super::greeting(""), "hello, ");
    }
}
