//! Why a line of `hook.env` cannot be read the way bash reads it; no message ever holds a value.

/// A line that cannot be read the way bash reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: usize,
    /// The construct that stands there, and the remedy.
    pub reason: Reason,
}

/// The construct that is refused, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Bytes that are not UTF-8.
    #[error("this is not UTF-8 text; save the file as UTF-8")]
    NotUtf8,
    /// The mark that some editors put at the start of a file.
    #[error("the file starts with a byte order mark, which bash takes for part of a name; save it without one")]
    ByteOrderMark,
    /// `\r\n`: bash would keep the `\r` in the value.
    #[error("the file has Windows line ends; run dos2unix on it")]
    WindowsLineEnd,
    /// NUL, a lone carriage return, an escape character and their like.
    #[error("a control character stands here; remove it")]
    ControlCharacter,
    /// A quote without its end.
    #[error("the quote {0} that opens here is never closed; close it")]
    UnclosedQuote(char),
    /// `${` without its end.
    #[error("the `${{` that opens here is never closed; close it with `}}`")]
    UnclosedBrace,
    /// A backslash with nothing behind it.
    #[error("the file ends in a backslash; remove it")]
    BackslashAtEnd,
    /// `$(…)`.
    #[error("command substitution `$(` is not run; write the value itself")]
    CommandSubstitution,
    /// `` `…` ``.
    #[error("command substitution with a backquote is not run; write the value itself, or quote it with '")]
    Backquote,
    /// `$((…))` or `$[…]`.
    #[error("arithmetic is not calculated; write the value itself")]
    Arithmetic,
    /// `$1`, `$?`, `$$` and their like.
    #[error(
        "`$` with a digit or a sign is one of the shell's parameters, and there is no shell; quote the value with '"
    )]
    SpecialParameter,
    /// `$"…"`.
    #[error("`$\"` asks bash for a translation; remove the `$`")]
    Translation,
    /// A `${…}` other than the plain ones.
    #[error("of the `${{` forms, only NAME alone or with `-`, `:-`, `+` or `:+` is read; write the value itself")]
    Expansion,
    /// Something in the word of `${NAME:-word}` that versions of bash read differently.
    #[error("this character in the word of a `${{` form is not read; assign the word to a name first")]
    ExpansionWord,
    /// `${A:-${B:-…}}` too many times over.
    #[error("`${{` is nested too deeply; assign the inner value to a name first")]
    TooDeep,
    /// A line that goes on in the middle of `$NAME` or `${…}`.
    #[error("a backslash ends the line within a reference; write the reference on one line")]
    BrokenReference,
    /// An escape in `$'…'` that depends on the locale, or cannot be a value.
    #[error("this escape in `$'` has no value that is the same everywhere; write the character itself")]
    Escape,
    /// `~` where bash puts a home folder.
    #[error("bash puts a home folder in place of this `~`; write the path itself, or quote the `~`")]
    Tilde,
    /// `{` where bash expands braces.
    #[error("bash expands an unquoted `{{` here; quote the value")]
    Braces,
    /// `A=(…)` or `A[0]=…`.
    #[error("arrays are not read; assign plain values")]
    Array,
    /// `& | < > ( )` outside quotes.
    #[error("`{0}` outside quotes is an operator of the shell; quote the value")]
    Operator(char),
    /// `;` without a command before it.
    #[error("there is nothing before this `;`; remove it")]
    LoneSemicolon,
    /// Any command, or the second word of a value that is not quoted.
    #[error("this word is a command to bash, and none is run; write NAME=value, and quote a value that has spaces")]
    Command,
    /// An option of `export`, a name in quotes, or no name at all.
    #[error("after `export`, only NAME and NAME=value are read; write the name itself, without quotes or options")]
    Export,
    /// A shell option that may change what later lines mean.
    #[error("of `set`, only -a, +a, -e, +e and their long names are read; remove it")]
    Set,
    /// A name that bash sets itself or gives a meaning of its own.
    #[error("`{0}` is a variable of bash's own; use another name, or write the value itself")]
    ShellVariable(&'static str),
    /// A name that bash, or the stock script, gives a value where the environment lacks it.
    #[error("`{0}` is not in the environment, and the shell would have given it a value; assign it first, or write the value itself")]
    MadeUp(String),
    /// A locale in which the rest of the file may mean something else.
    #[error("`{0}` may be C, POSIX or a UTF-8 locale only, since another would change how this file is read")]
    Locale(String),
    /// An inherited value with bytes that cannot be told on.
    #[error("the value of `{0}` in the environment is not plain UTF-8 text; assign it in the file")]
    EnvironmentValue(String),
}

impl Reason {
    /// This reason, at a line.
    pub(super) fn at(self, line: usize) -> SyntaxError {
        SyntaxError { line, reason: self }
    }
}
