//! The body of a manifest with the places for values: filled in on the tree, so that no value can change its shape.

use serde_json::{json, Map, Value as Json};

use super::super::fault::{quoted, Fault};
use super::super::node::pairs;
use crate::config::raw::near::nearest;
use crate::config::raw::tree::{Node, Ruby, Scalar, Value};

/// What is known of a user in a cluster.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `${user.name}`.
    pub user: String,
    /// `${user.uid}`.
    pub uid: u32,
    /// `${user.gid}`.
    pub gid: u32,
    /// `${user.groups}`.
    pub groups: Vec<u32>,
    /// `${user.home}`.
    pub home: String,
    /// `${user.email}`; not every command knows it.
    pub email: Option<String>,
    /// `${namespace}`.
    pub namespace: String,
    /// `${cluster.id}`.
    pub cluster: String,
}

/// A value that is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// The user's name.
    Name,
    /// The uid.
    Uid,
    /// The primary group's id.
    Gid,
    /// The ids of the user's groups.
    Groups,
    /// The home.
    Home,
    /// The address, from a claim.
    Email,
    /// The namespace.
    Namespace,
    /// The cluster's id.
    Cluster,
}

const NAMES: [(&str, Variable); 8] = [
    ("user.name", Variable::Name),
    ("user.uid", Variable::Uid),
    ("user.gid", Variable::Gid),
    ("user.groups", Variable::Groups),
    ("user.home", Variable::Home),
    ("user.email", Variable::Email),
    ("namespace", Variable::Namespace),
    ("cluster.id", Variable::Cluster),
];
/// Behind the name of a variable: a text, also where it stands alone.
const AS_TEXT: &str = ":text";

/// A tree, of which only texts depend on the user.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// What is the same for everybody.
    Fixed(Json),
    /// One variable alone: a number stays one.
    Typed(Variable),
    /// A text.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Template>),
    /// A mapping; the keys are the same for everybody.
    Map(Vec<(String, Template)>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is written.
    Text(String),
    /// A value, as text.
    Variable(Variable),
}

/// Whether a variable that stands alone keeps its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Types {
    /// It does.
    Kept,
    /// It is a text: Kubernetes takes nothing else there.
    Texts,
}

impl Template {
    /// Reads a tree. A value that is empty is left out, as the API server does.
    pub fn read(node: &Node, place: &str, types: Types) -> Result<Self, Fault> {
        match &node.value {
            Value::Map(_) => Self::map(node, place, types),
            Value::List(items) => {
                let items = items.iter().map(|item| {
                    if item.is_nil() {
                        return Err(Fault::at(item.line, format!("an item of {place} is empty; remove it")));
                    }
                    Self::read(item, place, types)
                });
                Ok(Self::List(items.collect::<Result<_, _>>()?))
            }
            Value::Scalar(scalar) if scalar.ruby == Ruby::Text => {
                text(&scalar.text, types).map_err(|reason| Fault::at(node.line, format!("{place}: {reason}")))
            }
            Value::Scalar(scalar) => scalar_of(scalar).map(Self::Fixed).ok_or_else(|| {
                let reason = format!(
                    "{place} is {}, which is {} for one reader of YAML and something else for another; write it in quotes",
                    quoted(&scalar.text),
                    node.kind()
                );
                Fault::at(node.line, reason)
            }),
        }
    }

    fn map(node: &Node, place: &str, types: Types) -> Result<Self, Fault> {
        let mut map = Vec::new();
        for (key, line, value) in pairs(node, place)? {
            if key.contains("${") {
                let reason = format!(
                    "the key {} in {place} has a ${{…}}; values have them, and keys do not",
                    quoted(key)
                );
                return Err(Fault::at(line, reason));
            }
            if !value.is_nil() {
                map.push((key.to_owned(), Self::read(value, key, types)?));
            }
        }
        Ok(Self::Map(map))
    }

    /// With a user's values; `None` if one that it needs is not known.
    pub fn fill(&self, facts: &Facts) -> Option<Json> {
        Some(match self {
            Self::Fixed(value) => value.clone(),
            Self::Typed(variable) => variable.value(facts)?,
            Self::Text(pieces) => {
                let pieces = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => Some(text.clone()),
                    Piece::Variable(variable) => variable.text(facts),
                });
                Json::String(pieces.collect::<Option<String>>()?)
            }
            Self::List(items) => Json::Array(items.iter().map(|item| item.fill(facts)).collect::<Option<_>>()?),
            Self::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| Some((key.clone(), value.fill(facts)?)));
                Json::Object(pairs.collect::<Option<Map<_, _>>>()?)
            }
        })
    }

    /// The value of a key, and what is inside it, if it is a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A text that is the same for everybody.
    pub fn fixed_text(&self) -> Option<&str> {
        match self {
            Self::Fixed(value) => value.as_str(),
            _ => None,
        }
    }

    /// Whether a variable stands in it.
    pub fn has(&self, wanted: Variable) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Typed(variable) => *variable == wanted,
            Self::Text(pieces) => pieces.contains(&Piece::Variable(wanted)),
            Self::List(items) => items.iter().any(|item| item.has(wanted)),
            Self::Map(pairs) => pairs.iter().any(|(_, value)| value.has(wanted)),
        }
    }
}

impl Variable {
    fn value(self, facts: &Facts) -> Option<Json> {
        Some(match self {
            Self::Uid => facts.uid.into(),
            Self::Gid => facts.gid.into(),
            Self::Groups => json!(facts.groups),
            _ => self.text(facts)?.into(),
        })
    }

    fn text(self, facts: &Facts) -> Option<String> {
        Some(match self {
            Self::Name => facts.user.clone(),
            Self::Uid => facts.uid.to_string(),
            Self::Gid => facts.gid.to_string(),
            Self::Groups => facts.groups.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
            Self::Home => facts.home.clone(),
            Self::Email => facts.email.clone()?,
            Self::Namespace => facts.namespace.clone(),
            Self::Cluster => facts.cluster.clone(),
        })
    }
}

/// A scalar that every reader of YAML takes for the same; `None` for all others.
fn scalar_of(scalar: &Scalar) -> Option<Json> {
    match &scalar.ruby {
        Ruby::Bool(value) if scalar.text == value.to_string() => Some((*value).into()),
        Ruby::Number(printed) if *printed == scalar.text => {
            let number: Json = serde_json::from_str(printed).ok()?;
            number.is_number().then_some(number)
        }
        _ => None,
    }
}

fn text(text: &str, types: Types) -> Result<Template, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, behind) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            plain.push_str(before);
            plain.push_str("${");
            rest = behind;
            continue;
        }
        plain.push_str(before);
        let (name, behind) = behind.split_once('}').ok_or_else(|| {
            format!(
                "{} has a ${{ without its }}; write $${{ for the characters themselves",
                quoted(text)
            )
        })?;
        if before.is_empty() && pieces.is_empty() && plain.is_empty() && behind.is_empty() {
            return alone(name, types);
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Variable(variable(name)?.0));
        rest = behind;
    }
    plain.push_str(rest);
    if pieces.is_empty() {
        return Ok(Template::Fixed(plain.into()));
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(Template::Text(pieces))
}

fn alone(name: &str, types: Types) -> Result<Template, String> {
    let (variable, is_text) = variable(name)?;
    Ok(if is_text || types == Types::Texts {
        Template::Text(vec![Piece::Variable(variable)])
    } else {
        Template::Typed(variable)
    })
}

/// The variable of a name, and whether it is to be a text.
fn variable(name: &str) -> Result<(Variable, bool), String> {
    let (bare, is_text) = name.strip_suffix(AS_TEXT).map_or((name, false), |bare| (bare, true));
    if let Some((_, variable)) = NAMES.iter().find(|(known, _)| *known == bare) {
        return Ok((*variable, is_text));
    }
    let known = NAMES.map(|(known, _)| known);
    let what = format!("{} is not known", quoted(&format!("${{{name}}}")));
    Err(match nearest(bare, &known) {
        Some(near) => format!("{what}; did you mean ${{{near}}}?"),
        None => format!(
            "{what}; the names are {}, and $${{ stands for the characters themselves",
            known.join(", ")
        ),
    })
}
