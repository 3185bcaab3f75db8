//! Bounds the depth of a template's syntax tree before there is one.
//!
//! Parser, compiler and destructors recurse over the tree. The parser has a limit of its own, but chains such as
//! `a+a+a` nest to the left without it taking notice, and a tree too deep for the stack would end the process. So the
//! tokens are counted first: the depth of an expression is at most its operators plus the depth of its brackets.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use crate::error::{Bound, TemplateError};

/// How deep a syntax tree may be. Parser, compiler and destructors all recurse over it.
const MAX_NESTING: usize = 200;

/// Refuses a source whose syntax tree might be too deep.
///
/// # Errors
///
/// It might.
pub(crate) fn check(source: &str) -> Result<(), TemplateError> {
    /// The part of an expression between two commas: its operators, and the deepest bracket in it.
    #[derive(Default)]
    struct Part {
        operators: usize,
        inside: usize,
        widest: usize,
    }
    impl Part {
        fn depth(&self) -> usize {
            self.widest.max(self.operators + self.inside)
        }
    }
    let mut open: Vec<Part> = vec![Part::default()];
    let mut n_elifs = 0_usize;
    for token in tokenize(source, false, SyntaxConfig::default()) {
        // A bad token is reported by the parser, in its own words.
        let Ok((token, _)) = token else { return Ok(()) };
        let Some(part) = open.last_mut() else { return Ok(()) };
        match token {
            Token::VariableStart | Token::BlockStart | Token::VariableEnd | Token::BlockEnd => {
                open.clear();
                open.push(Part::default());
                continue;
            }
            Token::Comma => {
                part.widest = part.depth();
                part.operators = 0;
                part.inside = 0;
            }
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => {
                part.operators += 1;
                open.push(Part::default());
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose => {
                let depth = part.depth();
                if open.len() > 1 {
                    open.pop();
                }
                if let Some(outer) = open.last_mut() {
                    outer.inside = outer.inside.max(depth);
                }
            }
            Token::Ident("elif") => n_elifs += 1,
            Token::Ident("and" | "or" | "not" | "if" | "else" | "is" | "in")
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::FloorDiv
            | Token::Pow
            | Token::Mod
            | Token::Dot
            | Token::Colon
            | Token::Tilde
            | Token::Pipe
            | Token::Eq
            | Token::Ne
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte => part.operators += 1,
            _ => {}
        }
        let depth: usize = open.iter().map(|part| part.operators + part.inside).sum();
        if depth > MAX_NESTING || n_elifs > MAX_NESTING {
            return Err(TemplateError::Bound(Bound::Nesting));
        }
    }
    Ok(())
}
