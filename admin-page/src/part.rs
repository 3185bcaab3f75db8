//! A part of a list that is too long for one page.

use crate::form::Form;

/// Where it begins, and how many there are in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) from: usize,
    all: usize,
    most: usize,
}

impl Part {
    /// Reads where it begins from an address; at the beginning where that makes no sense.
    pub(crate) fn of(query: &Form, field: &str, all: usize, most: usize) -> Self {
        let from = query.get(field).parse().unwrap_or(0);
        Self { from: if from < all { from } else { 0 }, all, most }
    }

    /// Returns where the part before this begins.
    pub(crate) fn before(self) -> Option<usize> {
        (self.from > 0).then(|| self.from.saturating_sub(self.most))
    }

    /// Returns where the next part begins.
    pub(crate) fn after(self) -> Option<usize> {
        Some(self.from.saturating_add(self.most)).filter(|from| *from < self.all)
    }

    /// Says which of how many these are; nothing, if they are all.
    pub(crate) fn text(self) -> String {
        let to = self.from.saturating_add(self.most).min(self.all);
        if self.most >= self.all { String::new() } else { format!("{} to {to} of {}", self.from + 1, self.all) }
    }

    /// Takes the part out of the list.
    pub(crate) fn take<T>(self, list: Vec<T>) -> Vec<T> {
        list.into_iter().skip(self.from).take(self.most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_in_one_part() {
        let part = |query: &str| Part::of(&Form::read(query.as_bytes()).unwrap(), "from", 5, 2);
        let list = || vec![1, 2, 3, 4, 5];
        assert_eq!((part("").take(list()), part("").before(), part("").after()), (vec![1, 2], None, Some(2)));
        assert_eq!(
            (part("from=4").take(list()), part("from=4").before(), part("from=4").after()),
            (vec![5], Some(2), None)
        );
        assert_eq!(part("from=2").text(), "3 to 4 of 5");
        for odd in ["from=5", "from=-1", "from=x", "from=99999999999999999999"] {
            assert_eq!(part(odd).take(list()), [1, 2], "{odd}");
        }
        assert_eq!(Part::of(&Form::default(), "from", 2, 2).text(), "");
    }
}
