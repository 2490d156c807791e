//! From tokens to a condition: one function per level of precedence.

use super::error::{FilterError, FilterProblem};
use super::token::{Token, tokens};
use super::{Condition, Value};

/// Deeper nesting is refused, so that a hostile filter cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

type Parsed = (Condition, Vec<(String, usize)>);

/// Reads a filter: its condition, and every field with its column.
pub(super) fn parse(text: &str) -> Result<Parsed, FilterError> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0, fields: Vec::new() };
    let condition = parser.or()?;
    if *parser.peek() != Token::End {
        return Err(parser.unexpected("AND, OR or the end"));
    }
    Ok((condition, parser.fields))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    fields: Vec<(String, usize)>,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Condition, FilterError> {
        self.joined(&Token::Or, Self::and, Condition::Or)
    }

    fn and(&mut self) -> Result<Condition, FilterError> {
        self.joined(&Token::And, Self::not, Condition::And)
    }

    fn joined(
        &mut self,
        separator: &Token,
        part: fn(&mut Self) -> Result<Condition, FilterError>,
        join: fn(Vec<Condition>) -> Condition,
    ) -> Result<Condition, FilterError> {
        let first = part(self)?;
        if self.peek() != separator {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.eat(separator) {
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn not(&mut self) -> Result<Condition, FilterError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(FilterProblem::TooDeep));
        }
        self.depth += 1;
        let condition = if self.eat(&Token::Not) {
            Condition::Not(Box::new(self.not()?))
        } else if self.eat(&Token::Open) {
            let inner = self.or()?;
            self.expect(&Token::Close, "\")\", AND or OR")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, FilterError> {
        let column = self.tokens[self.at].1;
        let (Token::Name(field) | Token::Text(field)) = self.peek().clone() else {
            return Err(self.unexpected("a field, NOT or \"(\""));
        };
        self.at += 1;
        self.fields.push((field.clone(), column));
        if self.eat(&Token::In) {
            return Ok(Condition::In { field, values: self.list()? });
        }
        let Token::Comparison(comparison) = *self.peek() else {
            return Err(self.unexpected("=, !=, <, <=, >, >= or IN"));
        };
        self.at += 1;
        Ok(Condition::Compare { field, comparison, value: self.value()? })
    }

    fn list(&mut self) -> Result<Vec<Value>, FilterError> {
        self.expect(&Token::OpenList, "\"[\"")?;
        let mut values = vec![self.value()?];
        while self.eat(&Token::Comma) {
            values.push(self.value()?);
        }
        self.expect(&Token::CloseList, "\",\" or \"]\"")?;
        Ok(values)
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        let value = match self.peek() {
            Token::Number(number) => Value::Number(*number),
            Token::Text(text) => Value::Text(text.clone()),
            _ => return Err(self.unexpected("a number or a text in double quotation marks")),
        };
        self.at += 1;
        Ok(value)
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn eat(&mut self, wanted: &Token) -> bool {
        let eaten = self.peek() == wanted;
        self.at += usize::from(eaten);
        eaten
    }

    fn expect(&mut self, wanted: &Token, expected: &'static str) -> Result<(), FilterError> {
        if self.eat(wanted) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn unexpected(&self, expected: &'static str) -> FilterError {
        self.error(FilterProblem::Unexpected { expected, found: self.peek().show() })
    }

    fn error(&self, problem: FilterProblem) -> FilterError {
        FilterError::new(self.text, self.tokens[self.at].1, problem)
    }
}
