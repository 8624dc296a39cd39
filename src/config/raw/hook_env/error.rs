//! Why a line of `hook.env` cannot be read the way bash reads it; no message ever holds a value.

/// A line that cannot be read the way bash reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: usize,
    /// The construct, and the remedy.
    pub reason: Reason,
}

/// The construct that is refused, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Bytes that are not UTF-8.
    #[error("this is not UTF-8 text; save the file as UTF-8")]
    NotUtf8,
    /// The byte order mark that some editors put at the start of a file.
    #[error("the file starts with a byte order mark, which bash treats as part of a name; save it without one")]
    ByteOrderMark,
    /// `\r\n`: bash would keep the `\r` in the value.
    #[error("the file has Windows line endings; run dos2unix on it")]
    WindowsLineEnd,
    /// NUL, a lone carriage return, an escape character and the like.
    #[error("there is a control character here; remove it")]
    ControlCharacter,
    /// A quote that is not closed.
    #[error("the quote {0} that opens here is never closed; close it")]
    UnclosedQuote(char),
    /// `${` that is not closed.
    #[error("the `${{` that opens here is never closed; close it with `}}`")]
    UnclosedBrace,
    /// A backslash at the end of the file.
    #[error("the file ends with a backslash; remove it")]
    BackslashAtEnd,
    /// `$(…)`.
    #[error("command substitution `$(` is not run; write the value itself")]
    CommandSubstitution,
    /// `` `…` ``.
    #[error("command substitution with a backquote is not run; write the value itself, or quote it with '")]
    Backquote,
    /// `$((…))` or `$[…]`.
    #[error("arithmetic is not evaluated; write the value itself")]
    Arithmetic,
    /// `$1`, `$?`, `$$` and the like.
    #[error(
        "`$` with a digit or a sign is one of the shell's parameters, and there is no shell; quote the value with '"
    )]
    SpecialParameter,
    /// `$"…"`.
    #[error("`$\"` asks bash for a translation; remove the `$`")]
    Translation,
    /// A `${…}` form that is not supported.
    #[error("of the `${{` forms, only NAME alone or with `-`, `:-`, `+` or `:+` is supported; write the value itself")]
    Expansion,
    /// Something in the word of `${NAME:-word}` that versions of bash read differently.
    #[error("this character in the word of a `${{` form is not supported; assign the word to a name first")]
    ExpansionWord,
    /// `${A:-${B:-…}}` nested too deeply.
    #[error("`${{` is nested too deeply; assign the inner value to a name first")]
    TooDeep,
    /// Values that refer to each other until they are larger than any file.
    #[error("the values up to here are larger than {} MiB in total; use fewer references", crate::door::LARGEST >> 20)]
    TooLarge,
    /// A line that is continued in the middle of `$NAME` or `${…}`.
    #[error("a backslash continues the line within a reference; write the reference on one line")]
    BrokenReference,
    /// An escape in `$'…'` that depends on the locale, or cannot be a value.
    #[error("this escape in `$'` is not supported; write the character itself")]
    Escape,
    /// `~` that bash expands to a home directory.
    #[error("bash expands this `~` to a home directory; write the path itself, or quote the `~`")]
    Tilde,
    /// `{` at a place where bash expands braces.
    #[error("bash expands an unquoted `{{` here; quote the value")]
    Braces,
    /// `A=(…)` or `A[0]=…`.
    #[error("arrays are not supported; assign plain values")]
    Array,
    /// `& | < > ( )` outside quotes.
    #[error("`{0}` outside quotes is a shell operator; quote the value")]
    Operator(char),
    /// `;` with no command before it.
    #[error("there is nothing before this `;`; remove it")]
    LoneSemicolon,
    /// A command, or the second word of a value that is not quoted.
    #[error("this word is a command to bash, and none is run; write NAME=value, and quote a value that has spaces")]
    Command,
    /// An option of `export`, a name in quotes, or no name at all.
    #[error(
        "after `export`, only NAME and NAME=value are supported; write the name itself, without quotes or options"
    )]
    Export,
    /// A shell option that may change what later lines mean.
    #[error("of `set`, only -a, +a, -e, +e and their long names are supported; remove it")]
    Set,
    /// A name that bash sets or that has a special meaning to bash.
    #[error("`{0}` is one of bash's own variables; use another name, or write the value itself")]
    ShellVariable(&'static str),
    /// A name that bash or the stock script sets if the environment does not.
    #[error(
        "`{0}` is not in the environment, and the shell would have set it; assign it first, or write the value itself"
    )]
    MadeUp(String),
    /// A locale in which the rest of the file may have another meaning.
    #[error("`{0}` may only be C, POSIX or a UTF-8 locale, since another would change how this file is read")]
    Locale(String),
    /// An inherited value with bytes that cannot be passed on.
    #[error("the value of `{0}` in the environment is not plain UTF-8 text; assign it in the file")]
    EnvironmentValue(String),
}

impl Reason {
    /// This reason at a line.
    pub(super) fn at(self, line: usize) -> SyntaxError {
        SyntaxError { line, reason: self }
    }
}
