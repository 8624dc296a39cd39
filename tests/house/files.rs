//! Who opens files by name: only the door, and a few with a reason.

use syn::visit::{self, Visit};

use crate::source::Source;

/// Modules that may use a path's file without the door, and why root is in no danger from it.
pub const ALLOWED: [(&str, &str); 20] = [
    ("store::as_user", "the process has become the user"),
    ("home::ahead", "/dev/null, and /proc/self"),
    ("home::child", "the process has become the user; the rest is /proc/self"),
    ("credential", "the process is the user's own"),
    ("caller", "/proc/self"),
    ("queue::seats", "locks on a file that came through the door"),
    ("renewal::pun", "/proc, for a process by its number"),
    ("store::owner", "/proc, for a process by its number"),
    ("check::web_node", "which file there is; it is read through the door"),
    (
        "check::installed",
        "which files there are; they are read through the door",
    ),
    (
        "check::web_server",
        "which files there are; they are read through the door",
    ),
    ("check::selinux", "which directories there are; their labels are read"),
    ("check::selinux::kernel", "selinuxfs, and labels to be told"),
    ("check::hook", "modes and links of OnDemand's hook, to be told"),
    ("check::credentials", "the mode of a program that users run, to be told"),
    (
        "check::clusters_d",
        "modes on the way to a CA that users read, to be told",
    ),
    (
        "check::ood_core",
        "the mode of the kubectl that OnDemand runs, to be told",
    ),
    (
        "config::site",
        "which of two names there is; it is read through the door",
    ),
    ("root::setup", "whether a dry run says created or changed"),
    (
        "commands::cluster_roles",
        "whether there is a hook.env; it is read through the door",
    ),
];

/// Types of `std::fs` that say nothing of a path: what is done with an open file.
const OF_OPEN_FILES: [&str; 4] = ["File", "Metadata", "Permissions", "TryLockError"];
/// Functions of rustix that take a descriptor, and types.
const OF_DESCRIPTORS: [&str; 4] = ["FileType", "Mode", "Stat", "fstat"];
const OPENING: [&str; 4] = ["create", "create_new", "open", "options"];
/// Methods of `Path` that ask the file system.
const OF_PATHS: [&str; 12] = [
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "metadata",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
    "try_is_dir",
    "try_is_file",
];
/// Crates and modules that open files, which nothing here needs.
const OTHERS: [&str; 10] = [
    "tempfile",
    "nix::fcntl",
    "nix::sys::stat",
    "nix::dir",
    "nix::mount",
    "nix::sys::fanotify",
    "nix::sys::inotify",
    "nix::sys::statfs",
    "nix::sys::statvfs",
    "tokio::fs",
];
/// Functions of `nix::unistd` that take a path.
const OF_UNISTD: [&str; 20] = [
    "access",
    "chdir",
    "chown",
    "chroot",
    "eaccess",
    "faccessat",
    "fchownat",
    "lchown",
    "linkat",
    "mkdir",
    "mkfifo",
    "mkfifoat",
    "mkstemp",
    "pathconf",
    "pivot_root",
    "rmdir",
    "symlinkat",
    "truncate",
    "unlink",
    "unlinkat",
];
/// Methods that also say of what kind open files are.
const OF_KINDS: [&str; 3] = ["metadata", "is_dir", "is_file"];

/// What opens a file, or looks at one, by its name, outside the door: the module, and the words.
pub fn by_name(source: &Source) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (module, text) in &source.modules {
        if module == "door" || module.starts_with("door::") {
            continue;
        }
        let mut uses = Uses(Vec::new());
        uses.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{module}: {error}")));
        all.extend(uses.0.into_iter().map(|words| (module.clone(), words)));
    }
    all
}

struct Uses(Vec<String>);

impl Uses {
    fn look_at(&mut self, path: &[String]) {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let is_by_name = match path[..] {
            ["std", "fs", "File", method] | ["File", method] | ["fs", "File", method] => OPENING.contains(&method),
            ["std", "fs", name, ..] => !OF_OPEN_FILES.contains(&name),
            ["rustix", "fs", name, ..] => !OF_DESCRIPTORS.contains(&name),
            ["std" | "rustix", "fs"] | ["fs" | "OpenOptions" | "DirBuilder", _, ..] => true,
            // Written as a function, for `map` and the like.
            ["Path" | "PathBuf", method] => OF_PATHS.contains(&method),
            ["nix", "unistd", name] | ["unistd", name] => OF_UNISTD.contains(&name) || name == "*",
            _ => OTHERS.iter().any(|other| path.join("::").starts_with(other)),
        };
        if is_by_name {
            self.0.push(path.join("::"));
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, prefix: &[String]) {
        let with = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, prefix)),
            syn::UseTree::Name(name) if name.ident == "self" => self.look_at(prefix),
            syn::UseTree::Rename(name) if name.ident == "self" => self.look_at(prefix),
            syn::UseTree::Name(name) => self.look_at(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.look_at(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.look_at(&[prefix, &["*".to_owned()]].concat()),
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}

/// A variable that is called so holds an open file or its metadata, which are its own.
fn is_open_file(receiver: &syn::Expr) -> bool {
    let syn::Expr::Path(path) = receiver else {
        return matches!(receiver, syn::Expr::Field(field) if matches!(&field.member, syn::Member::Named(name) if name == "file"));
    };
    path.path.get_ident().is_some_and(|name| {
        ["file", "metadata", "kind"]
            .iter()
            .any(|end| name.to_string().ends_with(end))
    })
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.look_at(&segments);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let method = call.method.to_string();
        let is_of_a_file = OF_KINDS.contains(&method.as_str()) && is_open_file(&call.receiver);
        if OF_PATHS.contains(&method.as_str()) && call.args.is_empty() && !is_of_a_file {
            self.0.push(format!(".{method}()"));
        }
        visit::visit_expr_method_call(self, call);
    }

    /// What stands in a macro's brackets is no syntax tree.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let text = mac.tokens.to_string().replace(" :: ", "::");
        for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            let segments: Vec<_> = word.split("::").map(str::to_owned).collect();
            if segments.len() > 1 {
                self.look_at(&segments);
            }
        }
        visit::visit_macro(self, mac);
    }
}
