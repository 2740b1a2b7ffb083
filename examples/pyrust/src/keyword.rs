//! Python's reserved words; the build script generates them from `keywords.txt`.

include!(concat!(env!("OUT_DIR"), "/keywords.rs"));

#[cfg(test)]
mod tests {
    use super::Keyword;

    #[test]
    fn every_keyword_is_found_by_its_own_spelling() {
        for keyword in [Keyword::False, Keyword::Def, Keyword::Yield] {
            assert_eq!(Keyword::from_word(keyword.word()), Some(keyword));
        }
    }

    #[test]
    fn a_word_in_other_case_is_not_a_keyword() {
        assert_eq!(Keyword::from_word("true"), None);
        assert_eq!(Keyword::from_word("DEF"), None);
    }

    #[test]
    fn soft_keywords_are_ordinary_names() {
        assert_eq!(Keyword::from_word("match"), None);
    }

    #[test]
    fn support_follows_the_table() {
        assert!(Keyword::While.is_supported());
        assert!(!Keyword::Class.is_supported());
    }
}
