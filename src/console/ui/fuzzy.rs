//! Finding by a few letters.

/// How well `text` answers `pattern`: the letters of each word of the pattern must occur in `text` in their order. `None` if they don't.
/// Higher is better; letters at the start of words and in a row count more.
#[must_use]
pub fn score(pattern: &str, text: &str) -> Option<i32> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    pattern
        .to_lowercase()
        .split_whitespace()
        .map(|word| score_word(word, &text))
        .sum()
}

fn score_word(word: &str, text: &[char]) -> Option<i32> {
    let word: Vec<char> = word.chars().collect();
    let begins_word = |at: usize| at == 0 || !text[at - 1].is_alphanumeric();
    // Every place where the first letter stands is tried: the first one found isn't always the best.
    let first = *word.first()?;
    let starts = (0..text.len()).filter(|at| text[*at] == first);
    starts
        .filter_map(|start| {
            let mut total = 0;
            let mut at = start;
            let mut previous = None;
            for letter in &word {
                let found = (at..text.len()).find(|i| text[*i] == *letter)?;
                total += 1;
                if previous.is_some_and(|p| p + 1 == found) {
                    total += 4;
                } else if begins_word(found) {
                    total += 3;
                } else {
                    total -= 1;
                }
                previous = Some(found);
                at = found + 1;
            }
            Some(total)
        })
        .max()
}

/// Whether `text` holds every word of `pattern`, in any case: what `/` filters by.
#[must_use]
pub fn contains(pattern: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    pattern
        .to_lowercase()
        .split_whitespace()
        .all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_match_and_word_starts_win() {
        assert_eq!(score("xyz", "deploy"), None);
        assert_eq!(score("yd", "deploy"), None);
        assert_eq!(score("", "deploy"), Some(0));
        assert!(score("dep", "deploy to prod") > score("dep", "delete api"));
        assert!(score("rb", "roll back") > score("rb", "throttle bursts"));
        assert!(score("prod dep", "deploy to prod").is_some());
        assert!(score("back", "buy a back") > score("back", "b a c k"));
    }

    #[test]
    fn a_filter_wants_all_words() {
        assert!(contains("PET get", "GET /pets"));
        assert!(!contains("pet put", "GET /pets"));
        assert!(contains("", "x"));
    }
}
