//! Mutants of the rules: each small damage that would make an alert miss, or page for nothing. At least one test of the
//! rule has to fail for each.
//!
//! An expression is cut into tokens with their places; what a mutant does is cut out or replaced in the text. What comes out
//! is always a valid expression: one that is not would be killed by promtool's parser and prove nothing, so that is an error.

#![allow(dead_code, reason = "each test target uses its own part")]

use std::ops::Range;

/// A damaged expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mutant {
    /// What was done, with the place in the expression's one-line form.
    pub(crate) what: String,
    pub(crate) expression: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Word,
    Number,
    Text,
    /// What stands in square brackets, these included.
    Range,
    Comparison,
    Sign(char),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    at: Range<usize>,
}

/// The expression without comments, in one line.
pub(crate) fn one_line(expression: &str) -> String {
    let mut out = String::new();
    for line in expression.lines() {
        let mut quoted = false;
        let end = line.char_indices().find(|(_, next)| {
            quoted ^= *next == '"';
            *next == '#' && !quoted
        });
        out.push_str(line[..end.map_or(line.len(), |(at, _)| at)].trim());
        out.push(' ');
    }
    out.trim().replace("( ", "(").replace(" )", ")")
}

fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    // Inside braces `=` and `!=` are matchers.
    let mut braces = 0;
    while at < bytes.len() {
        let start = at;
        let rest = &text[at..];
        let kind = match bytes[at] {
            b' ' => {
                at += 1;
                continue;
            }
            b'"' => {
                at += 2 + rest[1..].find('"').expect("a text ends");
                Kind::Text
            }
            b'[' => {
                at += 1 + rest.find(']').expect("a range ends");
                Kind::Range
            }
            b'=' | b'!' | b'<' | b'>' if braces == 0 => {
                at += if rest[1..].starts_with('=') { 2 } else { 1 };
                Kind::Comparison
            }
            first if first.is_ascii_digit() => {
                at += rest.find(|next: char| !(next.is_alphanumeric() || next == '.')).unwrap_or(rest.len());
                Kind::Number
            }
            first if first.is_ascii_alphabetic() || first == b'_' => {
                let part = |next: char| next.is_alphanumeric() || "_:.".contains(next);
                at += rest.find(|next| !part(next)).unwrap_or(rest.len());
                Kind::Word
            }
            sign => {
                braces += i32::from(sign == b'{') - i32::from(sign == b'}');
                at += 1;
                Kind::Sign(sign as char)
            }
        };
        tokens.push(Token { kind, at: start..at });
    }
    tokens
}

/// Makes the mutants of one expression.
struct Mutator<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    mutants: Vec<Mutant>,
}

const AGGREGATIONS: [(&str, &str); 6] = [
    ("max", "min"),
    ("min", "max"),
    ("sum", "max"),
    ("avg", "max"),
    ("max_over_time", "min_over_time"),
    ("min_over_time", "max_over_time"),
];

/// All mutants of an expression.
pub(crate) fn mutants(expression: &str) -> Vec<Mutant> {
    let text = one_line(expression);
    let mut mutator = Mutator { text: &text, tokens: tokens(&text), mutants: Vec::new() };
    for index in 0..mutator.tokens.len() {
        let token = mutator.tokens[index].clone();
        match token.kind {
            Kind::Comparison => mutator.comparison(&token),
            Kind::Number => mutator.number(index),
            Kind::Range => mutator.range(&token),
            Kind::Word => mutator.word(index),
            Kind::Sign('{') => mutator.matchers(index),
            Kind::Text | Kind::Sign(_) => {}
        }
    }
    mutator.mutants
}

impl Mutator<'_> {
    fn str(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| &self.text[token.at.clone()])
    }

    fn replace(&mut self, at: Range<usize>, with: &str, what: &str) {
        let expression = format!("{}{with}{}", &self.text[..at.start], &self.text[at.end..]);
        let around = &self.text[at.start.saturating_sub(30)..(at.end + 30).min(self.text.len())];
        let what = format!("{what} in ...{around}...");
        self.mutants.push(Mutant { what, expression });
    }

    fn comparison(&mut self, token: &Token) {
        let operator = self.text[token.at.clone()].to_owned();
        let others: &[&str] = match operator.as_str() {
            ">" => &["<=", ">="],
            ">=" => &["<", ">"],
            "<" => &[">=", "<="],
            "<=" => &[">", "<"],
            "==" => &["!="],
            "!=" => &["=="],
            _ => &[],
        };
        for other in others {
            self.replace(token.at.clone(), other, &format!("{operator} becomes {other}"));
        }
    }

    /// Numbers that something is compared with. Other numbers are arguments or factors.
    fn number(&mut self, index: usize) {
        let is_threshold = index > 0 && self.tokens[index - 1].kind == Kind::Comparison;
        let token = self.tokens[index].clone();
        let number: f64 = self.text[token.at.clone()].parse().unwrap_or_default();
        if is_threshold && number != 0.0 {
            for other in [number * 2.0, number / 2.0] {
                self.replace(token.at.clone(), &other.to_string(), &format!("{number} becomes {other}"));
            }
        }
    }

    /// A time that is looked back on, made a third and three times as long. Of a subquery the first part.
    fn range(&mut self, token: &Token) {
        let inside = &self.text[token.at.start + 1..token.at.end - 1];
        let length = inside.split(':').next().unwrap_or_default().to_owned();
        let Some(unit) = length.chars().last() else { return };
        let Ok(number) = length[..length.len() - 1].parse::<u32>() else { return };
        let seconds = number
            * match unit {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                _ => 86_400,
            };
        let at = token.at.start + 1..token.at.start + 1 + length.len();
        for other in [seconds / 3, seconds * 3] {
            self.replace(at.clone(), &format!("{other}s"), &format!("{length} becomes {other}s"));
        }
    }

    fn word(&mut self, index: usize) {
        let word = self.str(index).to_owned();
        match word.as_str() {
            "and" | "unless" => {
                let end = self.operand_end(index + 1, &["and", "or", "unless"]);
                let at = self.tokens[index].at.start..self.tokens[end - 1].at.end;
                self.replace(at, "", &format!("{word} dropped"));
            }
            "or" => {
                let end = self.operand_end(index + 1, &["or"]);
                let at = self.tokens[index].at.start..self.tokens[end - 1].at.end;
                self.replace(at, "", "what follows or dropped");
                let start = self.operand_start(index);
                let at = self.tokens[start].at.start..self.tokens[index].at.end;
                self.replace(at, "", "what stands before or dropped");
            }
            "by" | "without" | "on" | "ignoring" => self.labels(index, &word),
            _ => {
                let other = AGGREGATIONS.iter().find(|(name, _)| *name == word).map(|(_, other)| *other);
                let is_call = ["(", "by", "without"].contains(&self.str(index + 1));
                if let Some(other) = other.filter(|_| is_call) {
                    self.replace(self.tokens[index].at.clone(), other, &format!("{word} becomes {other}"));
                }
            }
        }
    }

    /// Each label of a list, left out.
    fn labels(&mut self, index: usize, word: &str) {
        let close = (index..).find(|index| self.str(*index) == ")").expect("a list ends");
        let labels: Vec<usize> = (index + 2..close).filter(|index| self.tokens[*index].kind == Kind::Word).collect();
        for gone in &labels {
            let left: Vec<&str> = labels.iter().filter(|index| *index != gone).map(|index| self.str(*index)).collect();
            let what = format!("{} of {word} ({}) dropped", self.str(*gone), labels.len());
            let list = format!("({})", left.join(", "));
            self.replace(self.tokens[index + 1].at.start..self.tokens[close].at.end, &list, &what);
        }
    }

    /// Each matcher of a selector, left out.
    fn matchers(&mut self, index: usize) {
        let close = (index..).find(|index| self.str(*index) == "}").expect("a selector ends");
        let ends = (index + 1..close).filter(|index| self.tokens[*index].kind == Kind::Text);
        let ends: Vec<usize> = ends.collect();
        let matcher = |end: usize| {
            let start = (index + 1..end).rev().find(|index| self.tokens[*index].kind == Kind::Word).expect("a label");
            &self.text[self.tokens[start].at.start..self.tokens[end].at.end]
        };
        let all: Vec<String> = ends.iter().map(|end| matcher(*end).to_owned()).collect();
        // That a rule which asks for ALERTS asks for its own is a test by itself: here no other alert is there.
        let own = |matcher: &&String| matcher.starts_with("alertname=");
        for gone in all.iter().filter(|matcher| !own(matcher)) {
            let left: Vec<&str> = all.iter().filter(|one| *one != gone).map(String::as_str).collect();
            let at = self.tokens[index].at.start..self.tokens[close].at.end;
            self.replace(at, &format!("{{{}}}", left.join(", ")), &format!("{gone} dropped"));
        }
    }

    /// Where the operand that begins at a token ends: at one of `operators` or the end of the parentheses around it.
    fn operand_end(&self, from: usize, operators: &[&str]) -> usize {
        let mut depth = 0;
        for index in from..self.tokens.len() {
            match self.str(index) {
                "(" | "{" => depth += 1,
                ")" | "}" if depth == 0 => return index,
                ")" | "}" => depth -= 1,
                "," if depth == 0 => return index,
                word if depth == 0 && operators.contains(&word) => return index,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Where the chain of operands before an `or` begins.
    fn operand_start(&self, before: usize) -> usize {
        let mut depth = 0;
        for index in (0..before).rev() {
            match self.str(index) {
                ")" | "}" => depth += 1,
                "(" | "{" if depth == 0 => return index + 1,
                "(" | "{" => depth -= 1,
                "," | "or" if depth == 0 => return index + 1,
                _ => {}
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expression: &str) -> Vec<String> {
        mutants(expression).into_iter().map(|mutant| mutant.expression).collect()
    }

    #[test]
    fn comparisons_and_thresholds_are_moved() {
        assert_eq!(of("up == 0"), ["up != 0"]);
        assert_eq!(of("a > 4"), ["a <= 4", "a >= 4", "a > 8", "a > 2"]);
        assert_eq!(of("a{b!=\"c\"} < 0 # not this > 1"), ["a{} < 0", "a{b!=\"c\"} >= 0", "a{b!=\"c\"} <= 0"]);
    }

    #[test]
    fn operands_and_labels_are_dropped() {
        assert_eq!(of("(a unless on (x, y) b)"), ["(a )", "(a unless on (y) b)", "(a unless on (x) b)"]);
        assert_eq!(of("a or (b and c)"), ["a ", " (b and c)", "a or (b )"]);
        assert_eq!(of("a and b or c"), ["a  or c", "a and b ", " c"]);
        assert_eq!(
            of("group by (x) (a{k=\"v\",\n l=~\"w\"})"),
            ["group by () (a{k=\"v\", l=~\"w\"})", "group by (x) (a{l=~\"w\"})", "group by (x) (a{k=\"v\"})"]
        );
    }

    #[test]
    fn times_and_aggregations_are_changed() {
        assert_eq!(
            of("max by () (rate(a[15m]))"),
            ["min by () (rate(a[15m]))", "max by () (rate(a[300s]))", "max by () (rate(a[2700s]))"]
        );
    }
}
