fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    match name.as_str() {
        "--version" => println!("greet {}", env!("CARGO_PKG_VERSION")),
        _ => println!("{}", greet::greeting(&name)),
    }
}
