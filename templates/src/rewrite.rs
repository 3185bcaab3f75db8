//! A template's source, rewritten so that every operation that makes or compares data is a call of ours.
//!
//! The engine counts instructions, but one instruction can double a string, fold `'x' * 100000000` while compiling,
//! or repeat a list without end; and its operators know nothing of dates. So the source is parsed by the engine's own
//! parser, and what goes to the compiler is written anew from the syntax tree: operators, subscripts, slices, loops
//! and assignments become calls of [`crate::ops`], and raw text is printed like any value, where the printer counts it.

use std::fmt::Write;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Macro, Spanned, Stmt, UnaryOpKind};
use minijinja::machinery::parse;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

use crate::context::RESERVED_PREFIX;
use crate::error::{TemplateError, from_parser};
use crate::functions::{is_filter, is_test};
use crate::nesting;

/// Rewrites `source`.
///
/// # Errors
///
/// The source is not a template, is too deep, or names a filter or test that does not exist.
pub(crate) fn rewrite(source: &str) -> Result<String, TemplateError> {
    nesting::check(source)?;
    let tree = parse(source, "template", SyntaxConfig::default()).map_err(|error| from_parser(&error))?;
    let mut writer = Writer { out: String::with_capacity(source.len() * 2) };
    writer.statement(&tree)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
}

type Written = Result<(), TemplateError>;

impl Writer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) -> Written {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Written {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(raw) => {
                self.push("{{");
                self.string(raw.raw);
                self.push("}}");
                Ok(())
            }
            Stmt::EmitExpr(emit) => {
                self.push("{{");
                match describe(&emit.expr) {
                    Some(what) => {
                        self.push("_dw_print(");
                        self.expression(&emit.expr)?;
                        self.push(",");
                        self.string(&what);
                        self.push(")");
                    }
                    None => self.expression(&emit.expr)?,
                }
                self.push("}}");
                Ok(())
            }
            Stmt::ForLoop(each) => {
                self.push("{%for ");
                self.target(&each.target)?;
                self.push(" in _dw_iter(");
                self.expression(&each.iter)?;
                self.push(")");
                if let Some(filter) = &each.filter_expr {
                    self.push(" if ");
                    self.expression(filter)?;
                }
                if each.recursive {
                    self.push(" recursive");
                }
                self.push("%}");
                self.statements(&each.body)?;
                if !each.else_body.is_empty() {
                    self.push("{%else%}");
                    self.statements(&each.else_body)?;
                }
                self.push("{%endfor%}");
                Ok(())
            }
            Stmt::IfCond(condition) => {
                self.push("{%if ");
                self.expression(&condition.expr)?;
                self.push("%}");
                self.statements(&condition.true_body)?;
                // An `elif` is an `if` alone in the other branch; written so, the parser does not count it as nested.
                let mut other = &condition.false_body;
                while let [Stmt::IfCond(next)] = other.as_slice() {
                    self.push("{%elif ");
                    self.expression(&next.expr)?;
                    self.push("%}");
                    self.statements(&next.true_body)?;
                    other = &next.false_body;
                }
                if !other.is_empty() {
                    self.push("{%else%}");
                    self.statements(other)?;
                }
                self.push("{%endif%}");
                Ok(())
            }
            Stmt::WithBlock(with) => {
                self.push("{%with ");
                for (at, (target, value)) in with.assignments.iter().enumerate() {
                    if at > 0 {
                        self.push(",");
                    }
                    match target {
                        Expr::List(_) => {
                            self.push("(");
                            self.target(target)?;
                            self.push(")");
                        }
                        _ => self.target(target)?,
                    }
                    self.push("=_dw_keep(");
                    self.expression(value)?;
                    self.push(")");
                }
                self.push("%}");
                self.statements(&with.body)?;
                self.push("{%endwith%}");
                Ok(())
            }
            Stmt::Set(set) => {
                self.push("{%set ");
                self.target(&set.target)?;
                self.push(if matches!(set.target, Expr::GetAttr(_)) { "=_dw_keep_in(" } else { "=_dw_keep(" });
                self.expression(&set.expr)?;
                self.push(")%}");
                Ok(())
            }
            Stmt::SetBlock(set) => {
                self.push("{%set ");
                self.target(&set.target)?;
                if let Some(filter) = &set.filter {
                    self.push("|");
                    self.expression(filter)?;
                }
                self.push("%}");
                self.statements(&set.body)?;
                self.push("{%endset%}");
                Ok(())
            }
            // Output is text, never HTML, so there is nothing to escape.
            Stmt::AutoEscape(block) => self.statements(&block.body),
            Stmt::FilterBlock(block) => {
                self.push("{%filter ");
                self.expression(&block.filter)?;
                self.push("%}");
                self.statements(&block.body)?;
                self.push("{%endfilter%}");
                Ok(())
            }
            Stmt::Macro(definition) => {
                self.push("{%macro ");
                self.name(definition.name)?;
                self.parameters(definition)?;
                self.push("%}");
                self.statements(&definition.body)?;
                self.push("{%endmacro%}");
                Ok(())
            }
            Stmt::CallBlock(block) => {
                self.push("{%call");
                if !block.macro_decl.args.is_empty() {
                    self.parameters(&block.macro_decl)?;
                }
                self.push(" ");
                self.base(&block.call.expr)?;
                self.arguments(&block.call.args)?;
                self.push("%}");
                self.statements(&block.macro_decl.body)?;
                self.push("{%endcall%}");
                Ok(())
            }
            Stmt::Do(statement) => {
                self.push("{%do ");
                self.base(&statement.call.expr)?;
                self.arguments(&statement.call.args)?;
                self.push("%}");
                Ok(())
            }
            Stmt::Continue(_) => {
                self.push("{%continue%}");
                Ok(())
            }
            Stmt::Break(_) => {
                self.push("{%break%}");
                Ok(())
            }
            Stmt::Block(_) | Stmt::Import(_) | Stmt::FromImport(_) | Stmt::Extends(_) | Stmt::Include(_) => {
                Err(TemplateError::Syntax("other templates cannot be used here".to_owned()))
            }
        }
    }

    fn parameters(&mut self, definition: &Spanned<Macro<'_>>) -> Written {
        self.push("(");
        let n_required = definition.args.len().saturating_sub(definition.defaults.len());
        for (at, parameter) in definition.args.iter().enumerate() {
            if at > 0 {
                self.push(",");
            }
            self.target(parameter)?;
            if let Some(default) = at.checked_sub(n_required).and_then(|at| definition.defaults.get(at)) {
                self.push("=");
                self.expression(default)?;
            }
        }
        self.push(")");
        Ok(())
    }

    /// What is assigned to: a name, names, or an attribute of a namespace.
    fn target(&mut self, target: &Expr<'_>) -> Written {
        match target {
            Expr::Var(variable) => self.name(variable.id),
            Expr::GetAttr(attribute) => {
                self.target(&attribute.expr)?;
                self.push(".");
                self.name(attribute.name)
            }
            Expr::List(list) => {
                for (at, item) in list.items.iter().enumerate() {
                    if at > 0 {
                        self.push(",");
                    }
                    let nested = matches!(item, Expr::List(_));
                    self.push(if nested { "(" } else { "" });
                    self.target(item)?;
                    self.push(if nested { ")" } else { "" });
                }
                if list.items.len() == 1 {
                    self.push(",");
                }
                Ok(())
            }
            _ => Err(TemplateError::Syntax("cannot assign to this".to_owned())),
        }
    }

    fn name(&mut self, name: &str) -> Written {
        if name.starts_with(RESERVED_PREFIX) {
            return Err(TemplateError::Syntax(format!("the name '{name}' is reserved")));
        }
        self.push(name);
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.push("\"");
        for c in text.chars() {
            match c {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                c => self.out.push(c),
            }
        }
        self.push("\"");
    }

    fn list(&mut self, items: &[Expr<'_>]) -> Written {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.push(",");
            }
            self.expression(item)?;
        }
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: &[&Expr<'_>]) -> Written {
        self.push(name);
        self.push("(");
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                self.push(",");
            }
            self.expression(argument)?;
        }
        self.push(")");
        Ok(())
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) -> Written {
        self.push("(");
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                self.push(",");
            }
            match argument {
                CallArg::Pos(value) => self.expression(value)?,
                CallArg::Kwarg(name, value) => {
                    self.name(name)?;
                    self.push("=");
                    self.expression(value)?;
                }
                CallArg::PosSplat(value) => {
                    self.push("*");
                    self.call("_dw_splat", &[value])?;
                }
                CallArg::KwargSplat(value) => {
                    self.push("**");
                    self.call("_dw_splat", &[value])?;
                }
            }
        }
        self.push(")");
        Ok(())
    }

    fn expression(&mut self, expression: &Expr<'_>) -> Written {
        match expression {
            Expr::Var(variable) => self.name(variable.id),
            Expr::Const(constant) => self.constant(&constant.value),
            Expr::List(list) => {
                self.push("[");
                self.list(&list.items)?;
                self.push("]");
                Ok(())
            }
            Expr::Tuple(tuple) => {
                self.push("(");
                self.list(&tuple.items)?;
                self.push(if tuple.items.is_empty() { ")" } else { ",)" });
                Ok(())
            }
            Expr::Map(map) => {
                self.push("{");
                for (at, (key, value)) in map.keys.iter().zip(&map.values).enumerate() {
                    if at > 0 {
                        self.push(",");
                    }
                    match key {
                        Expr::Const(_) => self.expression(key)?,
                        _ => self.call("_dw_key", &[key])?,
                    }
                    self.push(":");
                    self.expression(value)?;
                }
                self.push("}");
                Ok(())
            }
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => {
                    self.push("(not ");
                    self.expression(&unary.expr)?;
                    self.push(")");
                    Ok(())
                }
                UnaryOpKind::Neg => self.call("_dw_negative", &[&unary.expr]),
            },
            Expr::BinOp(_) => self.operators(expression),
            Expr::Compare(comparison) => {
                self.push("_dw_compare(");
                self.expression(&comparison.expr)?;
                for part in &comparison.ops {
                    let _ = write!(self.out, ",\"{}\",", compare_symbol(part.op));
                    self.expression(&part.expr)?;
                }
                self.push(")");
                Ok(())
            }
            Expr::IfExpr(choice) => {
                self.push("(");
                self.expression(&choice.true_expr)?;
                self.push(" if ");
                self.expression(&choice.test_expr)?;
                if let Some(other) = &choice.false_expr {
                    self.push(" else ");
                    self.expression(other)?;
                }
                self.push(")");
                Ok(())
            }
            Expr::Filter(filter) => {
                if !is_filter(filter.name) {
                    return Err(TemplateError::Assertion(format!("No filter named '{}'.", filter.name)));
                }
                if let Some(value) = &filter.expr {
                    self.expression(value)?;
                    self.push("|");
                }
                self.push(filter.name);
                if filter.args.is_empty() { Ok(()) } else { self.arguments(&filter.args) }
            }
            Expr::Test(test) => {
                if !is_test(test.name) {
                    return Err(TemplateError::Assertion(format!("No test named '{}'.", test.name)));
                }
                self.push("(");
                self.expression(&test.expr)?;
                self.push(" is ");
                self.push(test.name);
                if !test.args.is_empty() {
                    self.arguments(&test.args)?;
                }
                self.push(")");
                Ok(())
            }
            Expr::GetAttr(attribute) => {
                self.base(&attribute.expr)?;
                self.push(".");
                self.name(attribute.name)
            }
            Expr::GetItem(item) => self.call("_dw_item", &[&item.expr, &item.subscript_expr]),
            Expr::Slice(slice) => {
                self.push("_dw_slice(");
                self.expression(&slice.expr)?;
                for part in [&slice.start, &slice.stop, &slice.step] {
                    self.push(",");
                    match part {
                        Some(part) => self.expression(part)?,
                        None => self.push("none"),
                    }
                }
                self.push(")");
                Ok(())
            }
            Expr::Call(call) => {
                self.base(&call.expr)?;
                match &call.expr {
                    Expr::GetAttr(attribute) if attribute.name == "changed" => self.kept_arguments(&call.args),
                    _ => self.arguments(&call.args),
                }
            }
        }
    }

    /// The arguments of `loop.changed`, which the loop keeps: it must not come to keep itself.
    fn kept_arguments(&mut self, arguments: &[CallArg<'_>]) -> Written {
        self.push("(");
        for (at, argument) in arguments.iter().enumerate() {
            let CallArg::Pos(value) = argument else {
                return Err(TemplateError::Syntax("changed() takes positional arguments only".to_owned()));
            };
            self.push(if at > 0 { "," } else { "" });
            self.call("_dw_keep_in", &[value])?;
        }
        self.push(")");
        Ok(())
    }

    /// What an attribute is taken from or what is called. A filter there needs parentheses: `x|f.a` is another filter.
    fn base(&mut self, expression: &Expr<'_>) -> Written {
        if !matches!(expression, Expr::Filter(_)) {
            return self.expression(expression);
        }
        self.push("(");
        self.expression(expression)?;
        self.push(")");
        Ok(())
    }

    fn constant(&mut self, value: &minijinja::Value) -> Written {
        match value.kind() {
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Bool => self.push(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => {
                let text = value.to_string();
                if text.contains(|c: char| c.is_ascii_alphabetic()) {
                    return Err(TemplateError::Syntax("number is too large".to_owned()));
                }
                // A number before a dot would be read as another number.
                let _ = write!(self.out, "({text})");
            }
            _ => self.push("none"),
        }
        Ok(())
    }

    /// A chain of operators that nest to the left, as one call with all operands or one `and`/`or`.
    fn operators(&mut self, expression: &Expr<'_>) -> Written {
        let Expr::BinOp(last) = expression else { return self.expression(expression) };
        let logical = match last.op {
            BinOpKind::ScAnd => Some(" and "),
            BinOpKind::ScOr => Some(" or "),
            _ => None,
        };
        let mut parts = Vec::new();
        let mut at = expression;
        while let Expr::BinOp(binary) = at {
            let same = match (logical, binary.op) {
                (Some(" and "), BinOpKind::ScAnd) | (Some(" or "), BinOpKind::ScOr) => true,
                (None, BinOpKind::ScAnd | BinOpKind::ScOr) | (Some(_), _) => false,
                (None, _) => true,
            };
            if !same {
                break;
            }
            parts.push((binary.op, &binary.right));
            at = &binary.left;
        }
        self.push(if logical.is_some() { "(" } else { "_dw_calculate(" });
        self.expression(at)?;
        for (op, operand) in parts.iter().rev() {
            match logical {
                Some(word) => self.push(word),
                None => {
                    let _ = write!(self.out, ",\"{}\",", symbol(*op));
                }
            }
            self.expression(operand)?;
        }
        self.push(")");
        Ok(())
    }
}

/// What Jinja says when the value of this expression is undefined; nothing if it cannot be.
fn describe(expression: &Expr<'_>) -> Option<String> {
    match expression {
        Expr::Var(variable) => Some(format!("'{}' is undefined", variable.id)),
        Expr::GetAttr(attribute) => Some(format!("'dict object' has no attribute '{}'", attribute.name)),
        Expr::GetItem(item) => match &item.subscript_expr {
            Expr::Const(key) if key.value.as_str().is_some() => {
                Some(format!("'dict object' has no attribute '{}'", key.value.as_str().unwrap_or_default()))
            }
            Expr::Const(key) => Some(format!("list object has no element {}", key.value)),
            _ => Some("object has no such element".to_owned()),
        },
        _ => None,
    }
}

fn symbol(op: BinOpKind) -> &'static str {
    match op {
        BinOpKind::Eq => "==",
        BinOpKind::Ne => "!=",
        BinOpKind::Lt => "<",
        BinOpKind::Lte => "<=",
        BinOpKind::Gt => ">",
        BinOpKind::Gte => ">=",
        BinOpKind::Add => "+",
        BinOpKind::Sub => "-",
        BinOpKind::Mul => "*",
        BinOpKind::Div => "/",
        BinOpKind::FloorDiv => "//",
        BinOpKind::Rem => "%",
        BinOpKind::Pow => "**",
        BinOpKind::Concat => "~",
        BinOpKind::In => "in",
        BinOpKind::ScAnd => "and",
        BinOpKind::ScOr => "or",
    }
}

fn compare_symbol(op: CompareOpKind) -> &'static str {
    match op {
        CompareOpKind::Eq => "==",
        CompareOpKind::Ne => "!=",
        CompareOpKind::Lt => "<",
        CompareOpKind::Lte => "<=",
        CompareOpKind::Gt => ">",
        CompareOpKind::Gte => ">=",
        CompareOpKind::In => "in",
        CompareOpKind::NotIn => "not in",
    }
}
