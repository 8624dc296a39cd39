//! The code of each kind of finding: a number that never changes its meaning, with what it means, why it matters and what to do.
//!
//! A number is never used again: `docs/codes.txt` has all that ever were, and may only grow.

use std::fmt;

use serde::{Serialize, Serializer};

/// Defines the codes: `Name = number: what it means / why it matters / what to do`.
macro_rules! codes {
    ($($name:ident = $number:literal: $what:literal, $why:literal, $remedy:literal;)*) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[allow(missing_docs, reason = "each says what it means in its text")]
        pub enum Code { $($name = $number,)* }

        impl Code {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The three texts, a line each.
            fn text(self) -> &'static str {
                match self { $(Self::$name => concat!($what, "\n", $why, "\n", $remedy),)* }
            }
        }
    };
}

codes! {
    // Root's files: hook.env, clusters.d, the registry file.
    FileMissing = 101: "a file that is needed does not exist",
        "What it would say is not known, so whatever needs it fails.",
        "Write it, or correct the setting that names it.";
    FileUnreadable = 102: "a file cannot be opened or read",
        "What it says is not known, so whatever needs it fails.",
        "Run the command as root, and look for the reason in the message.";
    FileUntrusted = 103: "another account than root could have written a file of root's",
        "Whoever can write it decides what root does at the next login, so it is not used.",
        "Look at what it says, then give it and the directories above it to root, as the remedy of the finding says.";
    HookEnvSyntax = 104: "hook.env has a line that is not read as bash would read it",
        "A value that is guessed could be wrong, so nothing of the file is used.",
        "Write KEY=VALUE on that line, with quotes around spaces.";
    HookEnvValue = 105: "a value of hook.env cannot be used",
        "What needs it is not done; logins that need it fail.",
        "Write a value of the kind that the finding names; the page \"hook.env\" has all keys.";
    HookEnvRequired = 106: "a key of hook.env that is needed is not set",
        "What needs it is not done; logins that need it fail.",
        "Set it in hook.env.";
    HookEnvNote = 107: "hook.env says something that is probably not meant",
        "A key that nobody knows is often a typing error, and the value that was meant is not in force.",
        "Correct or remove what the finding names.";
    SecretReadable = 108: "others can read a secret in hook.env",
        "Whoever has read it can use it until it is changed.",
        "Close the file with chmod, then change the secret.";
    ClusterFileUnusable = 111: "a Kubernetes file of clusters.d cannot be used",
        "Nobody gets anything in that cluster.",
        "Correct the line that the finding names.";
    ClusterFileNote = 112: "a file of clusters.d has something that is probably not meant",
        "A key that nobody reads has no effect, and what was meant is not in force.",
        "Correct or remove what the finding names.";
    OnDemandStops = 113: "OnDemand itself cannot start with clusters.d as it is",
        "The dashboard fails for everybody, whatever the scheduler of the file is.",
        "Correct the file that the finding names.";
    OnDemandLeavesOut = 114: "OnDemand leaves out a file of clusters.d",
        "Its cluster is missing in the dashboard.",
        "Correct the file that the finding names.";
    NoCluster = 115: "clusters.d has no Kubernetes cluster",
        "Logins use the current context of root's kubeconfig, or nothing, and users' kubeconfigs are not written.",
        "Write a file with v2.job.adapter: kubernetes and v2.job.server.endpoint.";
    ClusterForNobody = 116: "only root can read a file of clusters.d",
        "OnDemand reads it as the user, so it offers the cluster to nobody, and logins skip it.",
        "Make it readable to the users who should have the cluster.";
    PrefixImpossible = 117: "no namespace can have a name with this prefix",
        "Nobody can log in to Kubernetes.",
        "Use a-z, 0-9 and -, beginning with a letter or digit.";
    PrefixTwice = 118: "hook.env and clusters.d have different values of a prefix",
        "One of them is not in force, and who reads the other is misled.",
        "Remove the one in hook.env, or make them equal.";
    PrefixHidden = 119: "a prefix is set only in hook.env",
        "OnDemand's dashboard reads only clusters.d, so it looks for users' pods in another namespace.",
        "Write it to the cluster's file, too.";
    CaNoCertificate = 120: "the CA file of a cluster has no certificate in PEM format",
        "Users' kubectl cannot verify the API server, and fails.",
        "Copy the cluster's CA there.";
    CaUnreadable = 121: "users cannot read the CA file of a cluster",
        "Their kubeconfigs name it, so their kubectl fails.",
        "Make the file, and the directories above it, readable to all.";
    JobTilde = 122: "a path in a file of clusters.d begins with a tilde",
        "OnDemand does not replace it by the home in that place.",
        "Write what the finding says.";
    JobValueSplit = 123: "a value of clusters.d is not safe in OnDemand's command line",
        "OnDemand writes it there without quotes, so that it is split or does something else.",
        "Use letters, digits and - . _ / alone.";
    JobKubectl = 124: "users cannot run the kubectl with which OnDemand starts jobs",
        "No job starts.",
        "Install kubectl there, or set v2.job.bin.";
    JobFlagText = 125: "a flag in clusters.d is a text",
        "To OnDemand every text is true, \"false\" as well.",
        "Write true or false without quotes.";
    JobAllNamespaces = 126: "OnDemand lists the pods of all namespaces",
        "Logins do not give users that right, so lists of jobs are empty or fail.",
        "Give the right to a group, or set v2.job.all_namespaces: false.";
    JobSshLinks = 127: "OnDemand shows links to Kubernetes' nodes",
        "They lead to a login by SSH that users usually do not have.",
        "Set v2.batch_connect.ssh_allow: false.";
    JobMountBroken = 128: "a mount in v2.job.mounts is not complete",
        "The API server refuses every job.",
        "Correct it: name, type, path, destination_path, and host_type or host.";
    JobMountHost = 129: "every job mounts paths of the node",
        "The Pod Security levels baseline and restricted refuse such pods.",
        "Mount them by nfs, or allow these paths alone with a policy.";
    RegistryFile = 131: "the registry file is not a docker configuration",
        "No namespace gets the registry password.",
        "Write it with ood-k8s mint-registry-secret --write FILE.";
    RegistryEntry = 132: "an entry of the registry file cannot be used or is not safe",
        "Users' namespaces do not get it, and pods cannot pull from that registry.",
        "Write the entry again, or remove it.";
    RegistryStays = 133: "something in the registry file stays on this node",
        "Users' namespaces get only passwords, so pods may lack what is left out.",
        "Write a password for that registry, if users' pods need it.";
    RegistryPasswordEnds = 134: "a registry password expires soon, or has expired",
        "Then pods cannot pull images.",
        "Renew it with a timer that runs ood-k8s mint-registry-secret.";
    ProfilesFile = 141: "the profiles file has an error",
        "Logins go by what was last read from it well, and the admission policies cannot be compared with it.",
        "Correct the line that the finding names.";
    SuspendedFile = 142: "the file of suspended users cannot be used",
        "It is not known who must not be let in, so nobody is.",
        "Correct what the finding names; ood-k8s offboard --suspend and resume write the file.";
    SuspendedLine = 143: "a line of the file of suspended users is not a user and a time alone",
        "Whoever was meant on that line may be let in.",
        "Write one user on a line, and behind the name nothing but the time or a comment.";
    ProfilesQuarrel = 144: "sections of the profiles file do not fit together",
        "The API server refuses what a user of both would get, or the user's pods.",
        "Change one of the two values. Which sections a user gets, says ood-k8s profile show USER.";
    ProfilesCluster = 145: "a section of the profiles file is about a cluster that is not there",
        "Nobody gets what it says.",
        "Correct the name: it is that of the cluster's file in clusters.d, without .yml.";

    // Root's kubeconfig and token.
    RootKubeconfig = 201: "root's kubeconfig cannot be used",
        "No login reaches a cluster.",
        "Correct it, or make it anew with ood-k8s setup-root.";
    RootKubeconfigOpen = 202: "everybody can read root's kubeconfig",
        "Its token writes in every user's namespace, and whoever has read it can use it until it ends.",
        "Renew the token, and close the file with chmod 0600.";
    RootKubeconfigRefused = 203: "kubectl refuses root's kubeconfig, and this program does not",
        "What works at logins fails by hand.",
        "Correct what the finding names.";
    RootContext = 204: "root's kubeconfig has no context for a cluster, or several",
        "Logins, or the renewal of root's token, do not know which one to use.",
        "Set v2.custom.ood_k8s.root_context of the cluster, or run ood-k8s setup-root.";
    RootNoCredentials = 205: "root's context has no credentials",
        "No login reaches the cluster.",
        "Run ood-k8s setup-root --admin-kubeconfig FILE.";
    RootTokenOpaque = 206: "it cannot be seen when root's token expires",
        "Nobody is warned before it does.",
        "Use a ServiceAccount's token, and renew it with ood-k8s refresh-token.";
    RootTokenEnds = 207: "root's token has expired, or soon will",
        "Then every login fails in that cluster.",
        "Run ood-k8s refresh-token every hour, from a timer or cron.";
    RootTokenEndless = 208: "root's token never expires",
        "A stolen copy works forever.",
        "Renew it with ood-k8s refresh-token, and delete the Secret that it came from.";
    RootTokenUnwritable = 209: "a new token could not be written to root's kubeconfig",
        "The next renewal fails, and logins after the token has ended.",
        "Correct what the finding names, before the token ends.";
    RootInsecure = 210: "root's connection to the API server is not secured",
        "Root's token could be sent to somebody else's server.",
        "Use https, with certificate-authority in root's kubeconfig.";
    RootOtherCluster = 211: "root's server and the endpoint of clusters.d are two clusters",
        "Namespaces are made in one, and users work in the other.",
        "Correct v2.job.server.endpoint, or root_context.";
    RootNotCompared = 212: "root's server and the endpoint of clusters.d could not be compared",
        "It is not known whether they are one cluster.",
        "Run check where both can be reached.";
    RootOtherAccount = 213: "root's credentials are those of another account than the settings say",
        "refresh-token would replace them by the other account's.",
        "Set v2.custom.ood_k8s.service_account, or write a token of that account.";
    AdminKubeconfig = 214: "an administrator's kubeconfig cannot be used for a cluster",
        "What needs an administrator's rights could not be looked at.",
        "Give the right file, or a context with --admin-context.";

    // The cluster.
    ClusterUnreachable = 301: "the API server cannot be reached",
        "Logins go on without that cluster.",
        "Check the address, the network, and whether the API server runs.";
    ClusterSilent = 302: "the API server did not answer in time",
        "Logins wait for it until their deadline, and go on without it.",
        "Check the API server's load, firewalls on the way, and HOOK_TIMEOUT.";
    ClusterBusy = 303: "the API server is too busy",
        "Logins wait, or go on without that cluster.",
        "Try again later; look at the API server's priority and fairness.";
    ServerCertificate = 304: "root does not trust the API server's certificate",
        "Nothing is sent to it, so logins go on without that cluster.",
        "Check certificate-authority and tls-server-name in root's kubeconfig.";
    CertificateEnds = 305: "a certificate expires soon, has expired, or is not valid yet",
        "Then connections that rely on it fail.",
        "Renew it; the page \"A new CA\" has the order in which a CA is replaced.";
    UsersCa = 306: "users' CA does not fit the API server's certificate",
        "Users' kubectl fails with x509 at every call, though logins work.",
        "Put the right CA to v2.job.server.cert_authority_file.";
    UsersCaUnknown = 307: "the endpoint of users could not be reached to look at its certificate",
        "It is not known whether users' kubectl works.",
        "Check the endpoint, the network and proxies.";
    Unauthorized = 308: "the API server does not accept the credentials",
        "Logins fail in that cluster.",
        "Renew root's token with an administrator's kubeconfig: ood-k8s refresh-token --admin-kubeconfig FILE.";
    Forbidden = 309: "the account in use lacks a right",
        "What needs it is not done.",
        "Give the right: ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    Denied = 310: "a quota, a policy or a webhook denied a request",
        "Logins that need the object fail, though the rights suffice.",
        "Look at what the finding names as having denied it.";
    OddAnswer = 311: "the API server answered in an unexpected way",
        "What was asked is not known or not done.",
        "Look for the cause in the API server's log, and at proxies on the way.";
    ClockDiffers = 312: "the clocks of this node and of the API server differ",
        "Tokens end earlier or later than they should, or are not valid yet.",
        "Check the time synchronization on both.";
    KubectlSkew = 313: "OnDemand's kubectl does not fit the server's version",
        "Kubernetes supports one minor version of difference.",
        "Install one of the server's minor version.";
    RightForLogins = 321: "root's account lacks a right that every login needs",
        "All logins fail in that cluster.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    RightForPasswords = 322: "root's account lacks a right that registry passwords need",
        "No namespace gets the password, and each login reports it.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    RightForMore = 323: "root's account lacks a right that something beside logins needs",
        "The finding says what does not work.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    RightExcess = 324: "root's account may read every Secret",
        "Whoever gets its token can take over the cluster; ood-k8s does not need it.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE, and remove the wider binding.";
    RolesNotBindable = 325: "root's account may not bind users' roles",
        "All logins fail in that cluster.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    RolesBoundByHolding = 326: "root's account may bind users' roles only because it holds all their rights",
        "It can read and write in every namespace, which it would not need.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    RoleMissing = 327: "a role that logins bind does not exist",
        "Its bindings give nothing, and begin to as soon as somebody makes a role of that name.",
        "Create it as the finding says.";
    RolesHidden = 328: "root's account may not look whether users' roles exist",
        "It is not known whether the bindings give anything.",
        "Look yourself, or run ood-k8s cluster-roles --apply --admin-kubeconfig FILE.";
    RightForProfiles = 329: "root's account lacks a right that profiles need",
        "Namespaces do not get what the profiles say, and each login reports it; the rest of a login is done.",
        "Run ood-k8s cluster-roles --apply --admin-kubeconfig FILE, with the same hook.env and PROFILES_FILE.";
    PoliciesMissing = 331: "admission policies that the settings ask for are missing",
        "What they would refuse is accepted.",
        "Run ood-k8s cluster-policies --apply --admin-kubeconfig FILE.";
    PoliciesDiffer = 332: "admission policies are not as the settings ask",
        "They refuse more or less than was meant.",
        "Run ood-k8s cluster-policies --diff --admin-kubeconfig FILE, and then --apply.";
    PoliciesUnknown = 333: "admission policies could not be looked at",
        "It is not known whether they are in force.",
        "Look with an administrator's kubeconfig.";
    NetworkPoliciesIdle = 341: "the network plug-in does not enforce NetworkPolicies, as far as the API shows",
        "Then every pod in the cluster can connect to users' pods, whatever a login writes.",
        "Use a plug-in that enforces them, or its controller that does, and try it from a pod in another namespace.";
    NodesShutOut = 342: "NODE_CIDRS lacks the address of a node",
        "Where a connection to a NodePort comes from that node, it is refused, and the session does not open.",
        "Add the node's network to NODE_CIDRS in hook.env; the next login of each user writes it.";
    OscNames = 343: "OSC's policies for Kyverno do not judge users' namespaces",
        "No pod is compared with its user's ids by them.",
        "Use the prefix user-, or ood-k8s cluster-policies.";
    OscRole = 344: "OSC's policy namespace-role refuses changes to the namespace of root's account",
        "An upgrade of what is in it, or a new label on it, is refused.",
        "Label it: kubectl label namespace ondemand osc.edu/role=ondemand.";

    // One user.
    Account = 401: "the user's account is not let in, or could not be looked up",
        "The user's logins go on without Kubernetes.",
        "The finding says which rule it is; a directory service that does not answer is seen with getent passwd USER.";
    Name = 402: "the user's name makes no namespace",
        "The user's logins go on without Kubernetes.",
        "Use another name or prefix, or take the name from RESERVED_NAMESPACES.";
    NotOffered = 403: "OnDemand does not offer a cluster to the user",
        "The user's logins skip it.",
        "Change the rule that the finding names, or the user's groups, if the user should have it.";
    NamespaceOfAnother = 404: "the user's namespace is another's, or the user is suspended",
        "Nothing in it is touched, and the user gets nothing.",
        "The finding says whose it is, and how to hand it over.";
    NamespaceGoing = 405: "the user's namespace is being deleted",
        "Nothing can be written to it until it is gone.",
        "Wait, or look for a finalizer that holds it.";
    ObjectInTheWay = 406: "an object in the user's namespace is in the way",
        "A login cannot bring it to what it should be.",
        "Look at it, then delete it as the finding says.";
    LoginWouldChange = 407: "a login would change the user's objects",
        "Somebody else has changed them, or the settings have changed since the last login.",
        "Wait for the next login, or run ood-k8s bootstrap-user USER.";
    OtherHolder = 408: "somebody else has the user's rights in the namespace",
        "They can read the user's Secrets.",
        "Delete the RoleBinding, unless the namespace was handed over.";
    OldPullSecret = 409: "a pull secret of an older name is still listed",
        "The kubelet tries its old password, too.",
        "Delete it everywhere with ood-k8s mint-registry-secret --delete-old old-name --all --kubeconfig FILE.";
    PrivilegedPod = 410: "the user may start a pod that is root on its node",
        "From there, other users' data and the cluster are open.",
        "Set POD_SECURITY=baseline or restricted, label existing namespaces, or enforce a policy.";
    ExternalIps = 411: "the user may create a Service with externalIPs",
        "It receives traffic that is meant for others (CVE-2020-8554).",
        "Enable DenyServiceExternalIPs, or refuse such Services with a policy.";
    PodsUnknown = 412: "it is not known what pods the user may start",
        "Root's account may start none, so that nothing could be tried.",
        "Run check USER with --admin-kubeconfig.";
    SubjectDiffers = 413: "the API server knows the user by another name than the RoleBinding",
        "The user has no rights in the namespace.",
        "Make the username prefix and claim of the settings equal to the API server's.";
    SubjectUnknown = 414: "the API server does not say by which name it knows the user",
        "It is not known whether the RoleBinding is for the user.",
        "Compare the prefix and the claim with the API server's options.";

    Expired = 415: "the user's account has expired",
        "Most ways of logging in refuse it, and the session at OnDemand may go on. Nothing is taken away by that alone.",
        "If the user has left, run ood-k8s users reconcile, or offboard USER; else correct the date: chage -E -1 USER.";
    NoAccess = 416: "access in the profiles file does not let the user in",
        "The user's logins go on without Kubernetes.",
        "Change the rule that the finding names, or the user's groups, if the user should be let in.";
    OscUser = 417: "OSC's policies for Kyverno refuse every pod of the user",
        "They look up the user's ids by the namespace's name, and find them only where that is the user's name as it is.",
        "Exempt the namespace from these policies, and use ood-k8s cluster-policies.";
    GroupsRecalled = 418: "access goes by the groups that the user had at an earlier login",
        "The directory service says less than at an earlier login, and access goes by the groups of then.",
        "Let the directory service answer (id USER); if the user has left the groups, run on this host: ood-k8s users restamp USER.";

    // Users' tokens and the identity provider.
    SecretInHomes = 501: "the client secret is written to every user's kubeconfig",
        "Every user can act as the client.",
        "Set CREDENTIALS to exchange, token or exec, or use a public client.";
    ExchangeUnused = 502: "keys for a token exchange are set, and no cluster exchanges tokens",
        "What was meant is not in force.",
        "Set CREDENTIALS, or remove the keys.";
    ExecCommand = 503: "users cannot run EXEC_COMMAND on this host",
        "Their kubectl gets no token here.",
        "Install ood-k8s there, with mode 0755.";
    GkeSetting = 504: "a cluster of Google's lacks a setting",
        "The dashboard or users' kubectl fails there.",
        "Set what the finding names.";
    IssuerUnset = 505: "the identity provider or the client is not set",
        "No kubeconfig is written.",
        "Set IDP_ISSUER_URL and CLIENT_ID as the API server has them.";
    IssuerIsEndpoint = 506: "IDP_ISSUER_URL is the token endpoint",
        "The issuer is derived from it; other programs do not do that.",
        "Set it to the issuer.";
    IssuerSendsElsewhere = 507: "the token endpoint is on another host than the issuer",
        "It gets refresh tokens and clients' secrets.",
        "Ask the identity provider's administrators whether it is theirs.";
    IssuerSlash = 508: "the issuer differs by a slash at its end",
        "kubectl accepts it; other programs do not.",
        "Set the URL exactly as the provider says it.";
    IssuerUnreachable = 509: "the identity provider could not be reached",
        "Where logins exchange tokens, kubeconfigs are not written.",
        "Check the URL, the network, IDP_PROXY and IDP_CA_FILE.";
    IssuerWrong = 510: "the identity provider does not answer as the issuer",
        "Tokens cannot be renewed or exchanged.",
        "Correct the URL.";
    Credentials = 511: "users' credentials cannot be prepared",
        "Kubeconfigs are not written.",
        "Correct what the finding names.";
    RenewalUnused = 521: "RENEWAL_DIR is set, and nothing is renewed by root",
        "Refresh tokens would be kept for nothing.",
        "Clear RENEWAL_DIR, or set CREDENTIALS to exchange, token or exec.";
    RefreshTokenShared = 522: "users get the refresh token that root uses as well",
        "Where the provider lets it be used once, one of the two is logged out.",
        "Set the same mode for all clusters.";
    RenewalStore = 523: "what is kept for renewals cannot be used",
        "Users' tokens end during their sessions.",
        "Correct the directory as the finding says.";
    RenewalOverdue = 524: "users' tokens are not renewed",
        "Users' kubectl fails during their sessions.",
        "Run ood-k8s renew-creds every two minutes.";
    RevocationWaits = 525: "a refresh token is still to be revoked",
        "The user left or is suspended, the identity provider did not answer then, and the token still works there.",
        "Run ood-k8s renew-creds, or its timer, once the identity provider answers.";

    // The web node.
    NoWebNode = 601: "this is not an OnDemand web node",
        "What calls the hook could not be looked at.",
        "Run check on the web node.";
    PortalMissing = 602: "there is no generated portal configuration",
        "OnDemand does not run here.",
        "Run update_ood_portal.";
    PortalNoHook = 603: "the portal calls no hook",
        "Nothing runs at login.",
        "Set pun_pre_hook_root_cmd and pun_pre_hook_exports in ood_portal.yml, then run update_ood_portal.";
    PortalKeyAstray = 604: "a key for the hook is in nginx_stage.yml",
        "It is ignored there.",
        "Move it to ood_portal.yml.";
    HookUnusable = 605: "the portal's hook cannot be run",
        "Logins fail, or go on without Kubernetes.",
        "Set pun_pre_hook_root_cmd to /usr/libexec/ood-k8s/pre-hook.";
    HookElsewhere = 606: "the portal's hook is another program",
        "It does not call ood-k8s, so namespaces are not prepared by it.",
        "Have it call ood-k8s pre-hook --user USER, or make this program the hook.";
    ExportSpaced = 607: "the portal exports a name with a space",
        "OnDemand takes the space as part of the name, so the variable is not passed.",
        "Separate the names by commas alone.";
    TokenNotExported = 608: "the portal does not export a token",
        "Without the access token no kubeconfig is written; without the refresh token nothing can be renewed.",
        "Set pun_pre_hook_exports in ood_portal.yml, then run update_ood_portal.";
    RefreshTokenNotPassed = 609: "Apache does not pass the refresh token on",
        "There is nothing to export, so kubectl cannot renew tokens.",
        "Set OIDCPassRefreshToken: 'On' under oidc_settings in ood_portal.yml.";
    SudoDrops = 610: "sudo drops the variables with the tokens",
        "No kubeconfig is written.",
        "Add OOD_* to env_keep in OnDemand's sudoers file.";
    HiddenFromLogins = 611: "Apache's unit hides a file from logins",
        "An administrator's shell can read it, and the hook cannot.",
        "Move the file, or change the unit.";
    ReadOnlyForLogins = 612: "a directory is read-only for logins by Apache's unit",
        "Nothing can be written there at a login.",
        "Add it to ReadWritePaths of the unit.";
    InitializerDiffers = 613: "the dashboard does not name namespaces as logins do",
        "It looks for the pods of users whose names make no namespace in another one.",
        "Install this version's initializer with NAMESPACE_NAMES=slug, and remove it without.";
    NothingRuns = 621: "no timer and no cron runs a command that is needed",
        "Root's token or users' tokens end without being renewed.",
        "Enable the timer, or copy the file for cron.";
    NoSyslog = 622: "nobody takes log lines on this node",
        "What logins say is lost.",
        "Start journald's socket for /dev/log, or rsyslog.";
    UnitCopied = 623: "a copy of a packaged unit is used",
        "Upgrades of the package do not change it.",
        "Move your changes to a drop-in, and remove the copy.";
    RunTwice = 624: "a timer and cron run the same command",
        "It runs twice, and each change must be made in two places.",
        "Remove one of them.";
    NotesUnusable = 625: "a directory in which logins keep notes for each other cannot be used",
        "Any number of logins run at once, or each waits anew for a cluster that does not answer.",
        "Correct what the finding names, or remove the directory: the next login makes it.";
    SelinuxNoModule = 631: "SELinux is on, and the module ood_k8s is not loaded",
        "Logins may do only what OnDemand's booleans allow.",
        "Install ood-k8s-selinux.";
    SelinuxLabel = 632: "a file has another SELinux type than it should",
        "Logins do not run in their domain, or may not write there.",
        "Run restorecon, as the finding says.";
    SelinuxDomain = 633: "logins run in another SELinux domain",
        "The program's policy does not apply to them.",
        "Install ood-k8s-selinux of this version again.";
    SelinuxOnDemand = 634: "OnDemand's SELinux module is not loaded",
        "Apache starts the hook in another domain.",
        "Install ondemand-selinux.";
    SelinuxExec = 635: "SELinux forbids kubectl in the dashboard to read users' tokens",
        "With CREDENTIALS=exec the dashboard's kubectl fails.",
        "Run: setsebool -P ood_k8s_exec_credential on.";
    SecretWithheld = 641: "a declared secret is not handed out",
        "New users do not get it, and what others have of it stays as it was.",
        "Correct or renew the file that the finding names; the next login hands it out.";
    SecretEnds = 642: "what a declared secret hands out expires soon",
        "Once it has expired it is not handed out, and what users have of it is worth nothing.",
        "Renew the file; the next login of each user, or sync-secret --all, hands out the new one.";
    SecretKeyReadable = 643: "others can read a private key that a declared secret hands out",
        "Whoever has read it can use it until it is changed, without being handed it.",
        "Close the file with chmod, then change the key.";
    SecretUndated = 644: "of a bundle that a declared secret hands out, not all dates can be read",
        "It is not known when that certificate expires, and programs may refuse the bundle for it.",
        "Look at the certificates with openssl x509, and leave out the one without readable dates.";

    // What users' namespaces let others do (audit).
    ForeignBinding = 701: "a RoleBinding in a user's namespace is not one of ours",
        "Whoever it names has rights there beyond what a login gives.",
        "Delete it, unless somebody gave it on purpose.";
    ReachesIn = 702: "a ClusterRoleBinding reaches into users' namespaces",
        "It gives its role in every namespace to many accounts, to a user, or to a ServiceAccount in a user's namespace.",
        "Delete it, or replace it by RoleBindings where the rights are needed.";
    TokenSecret = 703: "a Secret in a user's namespace has a ServiceAccount's token that never ends",
        "A copy works until the Secret is deleted, whatever becomes of its owner.",
        "Delete the Secret, and use tokens that end (kubectl create token).";
    OpenToAll = 704: "a NetworkPolicy lets everybody reach a user's pods",
        "NetworkPolicies add up, so that ours does not close what this one opens.",
        "Delete it, or name in it who may connect.";
    NoOwner = 705: "a namespace has OnDemand's label and no owner",
        "It is nobody's: the first login whose name fits it may take it over.",
        "Let its user log in, or delete it: ood-k8s users --unclaimed.";
    PodUid = 706: "a pod in a user's namespace runs as another uid than its owner's",
        "On shared file systems it has the other account's files.",
        "Ask whose pod it is; the admission policies refuse such pods (the page \"Policy\").";
    HostPath = 707: "a pod in a user's namespace mounts a path of its node",
        "It can read, and often write, what is there, for all who use the node.",
        "Delete the pod; refuse such pods with POD_SECURITY or a policy.";
    PodSecurityLifted = 708: "a user's namespace enforces less Pod Security than POD_SECURITY says",
        "Pods there may do what is refused elsewhere.",
        "Label it as the finding says.";
    Drift = 709: "an object of ours is not as a login would write it",
        "Somebody has changed or deleted it, or the settings have changed since the last login.",
        "Look for who changed it, then run ood-k8s bootstrap-user USER.";

    // What the installation lets others do (audit).
    Anonymous = 801: "those who are not logged in have rights beyond Kubernetes' defaults",
        "Whoever reaches the API server has them.",
        "Delete the binding to system:anonymous or system:unauthenticated.";
    AccountSecret = 802: "root's account has a token that never ends in a Secret",
        "A copy works until the Secret is deleted, and writes in every user's namespace.",
        "Delete the Secret once root's kubeconfig has a token of ood-k8s refresh-token.";
    AccountTokenLong = 803: "root's token lives longer than a day",
        "The longer it lives, the longer a stolen copy works.",
        "Renew it with ood-k8s refresh-token, which asks for some hours.";
    AccountUnbounded = 804: "an admission policy for root's account is missing",
        "Whoever has its token can write in namespaces that are not users', or ask for a token that lives for years.",
        "Apply /usr/share/ood-k8s/ondemand-admission.yaml as an administrator.";

    // The look itself.
    ProgramFault = 901: "a fault in this program stopped a part of the work",
        "What that part would have found is not known.",
        "Report it, with the line and the version.";
    NotLookedAt = 902: "something could not be looked at",
        "What is wrong there is not known: no finding does not mean that all is well.",
        "Give the right that is missing, or correct what the finding names, and run it again.";
}

impl Code {
    /// What it means.
    pub fn what(self) -> &'static str {
        self.line(0)
    }

    /// Why it matters.
    pub fn why(self) -> &'static str {
        self.line(1)
    }

    /// What to do.
    pub fn remedy(self) -> &'static str {
        self.line(2)
    }

    fn line(self, index: usize) -> &'static str {
        self.text().split('\n').nth(index).unwrap_or_default()
    }

    /// The code that somebody wrote: in capitals or not, or its number alone.
    pub fn parse(text: &str) -> Result<Self, UnknownCode> {
        let upper = text.trim().to_ascii_uppercase();
        let digits = upper.strip_prefix("OK8S-").unwrap_or(&upper);
        let number = digits.parse::<u16>().ok();
        let found = Self::ALL.iter().find(|code| Some(**code as u16) == number);
        found.copied().ok_or_else(|| UnknownCode {
            nearest: nearest(digits),
        })
    }
}

/// The code with the most digits in their places, and then the smallest distance.
fn nearest(digits: &str) -> Code {
    let number = digits
        .chars()
        .filter(char::is_ascii_digit)
        .take(5)
        .fold(0, |number, digit| number * 10 + i64::from(digit as u8 - b'0'));
    let same = |code: &Code| {
        let own = (*code as u16).to_string();
        own.chars()
            .zip(digits.chars())
            .filter(|(one, other)| one == other)
            .count()
    };
    let distance = |code: &Code| (i64::from(*code as u16) - number).abs();
    let best = Code::ALL
        .iter()
        .min_by_key(|code| (std::cmp::Reverse(same(code)), distance(code)));
    best.copied().unwrap_or(Code::FileMissing)
}

/// No code is written like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCode {
    /// The code that is most like it.
    pub nearest: Code,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("OK8S-{}", *self as u16))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_order_and_each_has_three_plain_lines() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", Code::ALL);
        for code in Code::ALL {
            assert_eq!(code.text().lines().count(), 3, "{code}");
            for line in code.text().lines() {
                assert!((12..=200).contains(&line.len()), "{code}: {line}");
            }
            assert!(!code.what().ends_with('.'), "{code}: a heading");
            assert!(code.why().ends_with('.') && code.remedy().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn meanings_are_not_given_twice() {
        let mut meanings: Vec<_> = Code::ALL.iter().map(|code| code.what()).collect();
        meanings.sort_unstable();
        assert!(meanings.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_code_is_found_however_it_is_written_and_else_the_nearest_is_named() {
        for text in ["OK8S-207", "ok8s-207", "207", " OK8S-207 "] {
            assert_eq!(Code::parse(text), Ok(Code::RootTokenEnds), "{text}");
        }
        for (text, nearest) in [
            ("OK8S-299", Code::RootTokenUnwritable),
            ("OK8S-214x", Code::AdminKubeconfig),
            ("OK8S-999", Code::NotLookedAt),
            ("207x", Code::RootTokenEnds),
            ("", Code::FileMissing),
            ("\u{1f600}", Code::FileMissing),
        ] {
            assert_eq!(Code::parse(text).unwrap_err().nearest, nearest, "{text}");
        }
    }
}
