//! The words and signs of a filter, each with the column where it begins.

use super::Comparison;
use super::error::{FilterError, FilterProblem};

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number(f64),
    Comparison(Comparison),
    And,
    Or,
    Not,
    In,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    End,
}

impl Token {
    /// As it is shown to the person.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Name(name) => format!("{name:?}"),
            Self::Text(text) => format!("the text {text:?}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Comparison(comparison) => format!("\"{comparison}\""),
            Self::And => "AND".to_owned(),
            Self::Or => "OR".to_owned(),
            Self::Not => "NOT".to_owned(),
            Self::In => "IN".to_owned(),
            Self::Open => "\"(\"".to_owned(),
            Self::Close => "\")\"".to_owned(),
            Self::OpenList => "\"[\"".to_owned(),
            Self::CloseList => "\"]\"".to_owned(),
            Self::Comma => "\",\"".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Splits a filter; the last token is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, FilterError> {
    let mut scanner = Scanner { chars: text.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    loop {
        scanner.take_while(char::is_whitespace);
        let column = scanner.at + 1;
        match scanner.next() {
            Ok(token) => tokens.push((token, column)),
            Err((column, problem)) => return Err(FilterError::new(text, column, problem)),
        }
        if matches!(tokens.last(), Some((Token::End, _))) {
            return Ok(tokens);
        }
    }
}

/// Whether a name may stand without quotation marks.
pub(super) fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(starts_name) && chars.all(continues_name) && keyword(name).is_none()
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

fn keyword(name: &str) -> Option<Token> {
    match name.to_ascii_uppercase().as_str() {
        "AND" => Some(Token::And),
        "OR" => Some(Token::Or),
        "NOT" => Some(Token::Not),
        "IN" => Some(Token::In),
        _ => None,
    }
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
}

type Problem = (usize, FilterProblem);

impl Scanner {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let rest = &self.chars[self.at..];
        let taken: String = rest.iter().copied().take_while(|c| wanted(*c)).collect();
        self.at += taken.chars().count();
        taken
    }

    fn next(&mut self) -> Result<Token, Problem> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        if starts_name(first) {
            let name = self.take_while(continues_name);
            return Ok(keyword(&name).unwrap_or(Token::Name(name)));
        }
        if first.is_ascii_digit() || matches!(first, '-' | '.') {
            return self.number();
        }
        self.at += 1;
        match first {
            '"' => self.text(),
            '(' => Ok(Token::Open),
            ')' => Ok(Token::Close),
            '[' => Ok(Token::OpenList),
            ']' => Ok(Token::CloseList),
            ',' => Ok(Token::Comma),
            '=' => Ok(Token::Comparison(Comparison::Equal)),
            '!' if self.eat('=') => Ok(Token::Comparison(Comparison::NotEqual)),
            '<' if self.eat('=') => Ok(Token::Comparison(Comparison::LessOrEqual)),
            '<' => Ok(Token::Comparison(Comparison::Less)),
            '>' if self.eat('=') => Ok(Token::Comparison(Comparison::GreaterOrEqual)),
            '>' => Ok(Token::Comparison(Comparison::Greater)),
            other => Err((self.at, FilterProblem::UnknownCharacter(other))),
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        let eaten = self.peek() == Some(wanted);
        self.at += usize::from(eaten);
        eaten
    }

    fn number(&mut self) -> Result<Token, Problem> {
        let column = self.at + 1;
        let digits = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Token::Number(number)),
            _ => Err((column, FilterProblem::NotANumber(digits))),
        }
    }

    fn text(&mut self) -> Result<Token, Problem> {
        let column = self.at;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '"' => return Ok(Token::Text(text)),
                '\\' => text.push(self.escape()?),
                _ => text.push(c),
            }
        }
        Err((column, FilterProblem::OpenText))
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let column = self.at;
        let escaped = match self.peek() {
            Some(c @ ('"' | '\\')) => c,
            Some('n') => '\n',
            Some('t') => '\t',
            _ => return Err((column, FilterProblem::UnknownEscape)),
        };
        self.at += 1;
        Ok(escaped)
    }
}
