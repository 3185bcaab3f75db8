//! Decisions: compiled against reference, explanations, witnesses, and what must not compile.

mod agreement;
mod authorize;
mod compile_fail;
