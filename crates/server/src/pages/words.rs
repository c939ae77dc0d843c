//! A digest in words, for eyes and telephones.
//!
//! The word of a byte is its line in `words.txt` (counted from 0), and a digest is told by its
//! first eight bytes. The list is ours and never changes: 256 English words in alphabetical
//! order, no two of which begin with the same three letters. Eight words are 64 bits: enough that
//! nobody finds a second payment with the words of a given one by chance, and enough work to keep
//! all but the patient from searching; what is signed is the whole digest.

const LIST: &str = include_str!("words.txt");

/// The eight words of a digest.
pub fn of_digest(digest: &[u8; 32]) -> [&'static str; 8] {
    let words: Vec<&'static str> = LIST.lines().collect();
    std::array::from_fn(|place| words[usize::from(digest[place])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_a_word_for_every_byte_and_no_two_begin_alike() {
        let words: Vec<&str> = LIST.lines().collect();
        assert_eq!(words.len(), 256);
        assert!(words.is_sorted_by(|a, b| a[..3] < b[..3]));
        let is_plain = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(words.iter().all(is_plain));
    }

    #[test]
    fn a_digest_is_told_by_its_first_eight_bytes() {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&[0, 1, 2, 3, 255, 254, 253, 128]);
        assert_eq!(
            of_digest(&digest).join(" "),
            "acorn actor adobe agent zinc zigzag zephyr koala"
        );
    }
}
