//! Text that somebody has to fill in before Kafka can read it.

/// Who fills a template in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Kafka's own configuration providers: `${provider:path:key}`.
    ByKafka,
    /// An entry point, a template engine, or a person.
    Later,
}

/// Words that stand for a value that is still missing. `changeit` is not among them: it is a password that people use.
const WORDS: [&str; 6] = ["changeme", "change_me", "change-me", "replaceme", "replace_me", "replace-me"];

/// Who has to fill `text` in; absent when it is a plain value.
pub(super) fn filled_by(text: &str) -> Option<Filled> {
    if !text.bytes().any(|byte| {
        matches!(byte, b'$' | b'{' | b'<' | b'%' | b'#' | b'@' | b'[') || byte | 0x20 == b'c' || byte | 0x20 == b'r'
    }) {
        return None;
    }
    let mut found = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let inner = after.split_once('}').map_or(after, |(inner, _)| inner);
        if !is_provider(inner) {
            return Some(Filled::Later);
        }
        found = Some(Filled::ByKafka);
        rest = after;
    }
    if found.is_some() {
        return found;
    }
    is_template(text).then_some(Filled::Later)
}

/// `provider:path:key` or `provider:key`; not a shell's `NAME:-default`.
fn is_provider(inner: &str) -> bool {
    inner
        .split_once(':')
        .is_some_and(|(provider, path)| !provider.is_empty() && !path.starts_with(['-', '=', '?', '+']))
}

fn is_template(text: &str) -> bool {
    let trimmed = text.trim();
    let is_wrapped = |mark: &str| {
        trimmed.len() > 2 * mark.len() && trimmed.starts_with(mark) && trimmed.ends_with(mark) && !trimmed.contains(' ')
    };
    let has_pair = |open: &str, close: &str| text.split_once(open).is_some_and(|(_, after)| after.contains(close));
    has_pair("{{", "}}")
        || has_pair("{%", "%}")
        || has_pair("<%", "%>")
        || has_pair("%%", "%%")
        || has_pair("###", "###")
        || is_wrapped("@")
        || trimmed.starts_with("[list of")
        || has_bracketed(text, '<', '>', |c| c.is_ascii_alphanumeric() || " _.-".contains(c))
        || has_bracketed(text, '{', '}', |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        || has_shell_variable(text)
        || WORDS.iter().any(|word| contains_any_case(text, word))
}

/// Whether a name stands between `open` and `close`. Behind `(?` it is a group of a regular expression.
fn has_bracketed(text: &str, open: char, close: char, is_name: impl Fn(char) -> bool) -> bool {
    text.match_indices(open).any(|(at, _)| {
        let Some((inner, _)) = text[at + 1..].split_once(close) else { return false };
        !text[..at].ends_with('?')
            && inner.starts_with(|c: char| c.is_ascii_alphabetic())
            && inner.chars().all(&is_name)
    })
}

/// `$NAME`; `$1` and a `$` at an end belong to rules that map principals.
fn has_shell_variable(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|three| three[0] == b'$' && three[1..].iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_'))
}

fn contains_any_case(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_seen_in_public_files_are_found() {
        for text in [
            "${BROKER_ID}",
            "PLAINTEXT://${HOST:-localhost}:9092",
            "{{ broker_id }}",
            "{% if x %}",
            "<%= @id %>",
            "###HOST###",
            "%%ID%%",
            "@rack@",
            "PLAINTEXT://<your-host>:9092",
            "{HOST_IP}",
            "$HOSTNAME",
            "[list of brokers]",
            "CHANGEME",
            "please-change-me",
        ] {
            assert_eq!(filled_by(text), Some(Filled::Later), "{text}");
        }
    }

    #[test]
    fn values_are_no_templates() {
        for text in [
            "/var/lib/kafka",
            "changeit",
            "RULE:^CN=(.*?),OU=.*$/$1/,DEFAULT",
            "RULE:[1:$1@$0](.*@EXAMPLE.COM)s/@.*//",
            "RULE:[2:$1;$2](^.*;admin$)s/^(.*);admin$/$1/",
            "(?<name>a)",
            "a < b > c",
            "User:CN=a,O={b}",
            "100%",
            "",
        ] {
            assert_eq!(filled_by(text), None, "{text}");
        }
    }

    #[test]
    fn kafkas_own_providers_are_told_apart() {
        assert_eq!(filled_by("${file:/etc/kafka/secrets:key}"), Some(Filled::ByKafka));
        assert_eq!(filled_by("${env:PASSWORD}"), Some(Filled::ByKafka));
        assert_eq!(filled_by("${env:A}${B}"), Some(Filled::Later));
    }
}
