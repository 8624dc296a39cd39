//! Pods with the verdict that each must get: in every other respect a pod is the user's own, and right.

use serde_json::{json, Value};

/// What the API server must say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict {
    /// Yes.
    Admitted,
    /// Yes where `ondemand-pod-defaults` fills in, and otherwise no.
    Filled,
    /// No, and the policy's advice contains this.
    Refused(&'static str),
    /// No, by the API server's own validation or by whoever is first.
    Invalid,
}

use Verdict::{Admitted, Filled, Invalid, Refused};

/// A pod: its namespace, what is special, the changes (`/path=json`), and the verdict.
pub(super) type Case = (&'static str, &'static str, &'static [&'static str], Verdict);

/// The user's own pod, with everything said.
pub(super) fn right_pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p", "annotations": {} },
        "spec": {
            "securityContext": {
                "runAsUser": 27601, "runAsGroup": 27601, "runAsNonRoot": true, "supplementalGroupsPolicy": "Strict",
                "seccompProfile": { "type": "RuntimeDefault" },
            },
            "containers": [container("main")],
        },
    })
}

fn container(name: &str) -> Value {
    json!({
        "name": name, "image": "harbor.example.org/app:1",
        "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
    })
}

/// The cases of fields that an API server older than 1.36 may not know: it drops them, and then nothing is wrong with the pod.
pub(super) const NEWER: [&str; 5] = [
    "supplementalGroupsPolicy Merge",
    "supplementalGroupsPolicy missing",
    "procMount Unmasked",
    "resourceClaims",
    "volume image",
];

/// The right pod with changes. A path's last step is added if it is missing, and removed for `null`.
pub(super) fn changed(changes: &[&str]) -> Value {
    let mut pod = right_pod();
    for change in changes {
        apply(&mut pod, change);
    }
    pod
}

pub(super) fn apply(pod: &mut Value, change: &str) {
    let (path, value) = change.split_once('=').unwrap();
    let value: Value = match value {
        // A second container, or an init container, that is right.
        "CONTAINER" => container("other"),
        json => serde_json::from_str(json).unwrap_or_else(|error| panic!("{change}: {error}")),
    };
    let mut place = pod;
    for step in path.trim_start_matches('/').split('/') {
        let step = step.replace("~1", "/");
        place = match (step.parse::<usize>(), place.is_array()) {
            (Ok(index), true) => {
                let items = place.as_array_mut().unwrap();
                if index == items.len() {
                    items.push(Value::Null);
                }
                &mut items[index]
            }
            (Ok(0), false) if place.is_null() => {
                *place = json!([null]);
                &mut place[0]
            }
            _ => &mut place[step],
        };
    }
    *place = value;
}

/// One volume of a pod.
macro_rules! volume {
    ($volume:literal) => {
        concat!("/spec/volumes/0={\"name\":\"v\",", $volume, "}")
    };
}
pub(super) use volume;

pub(super) const USER: Verdict = Refused("runAsUser: 27601");
pub(super) const GROUP: Verdict = Refused("runAsGroup: 27601");
pub(super) const NON_ROOT: Verdict = Refused("runAsNonRoot: true");
pub(super) const ESCALATION: Verdict = Refused("allowPrivilegeEscalation: false");
pub(super) const CAPABILITIES: Verdict = Refused("capabilities: {drop: [ALL]}");
pub(super) const SECCOMP: Verdict = Refused("seccompProfile");
pub(super) const APP_ARMOR: Verdict = Refused("leave out appArmorProfile");
pub(super) const SE_LINUX: Verdict = Refused("leave out seLinuxOptions");
pub(super) const HOST: Verdict = Refused("leave out hostNetwork, hostPID and hostIPC");
pub(super) const PROBE: Verdict = Refused("leave out host in probes");
pub(super) const VOLUMES: Verdict =
    Refused("volumes here may be: configMap, secret, emptyDir, projected, downwardAPI, hostPath, nfs, csi");
pub(super) const HOST_PATH: Verdict = Refused("hostPath must be one of these or below: /home, /scratch");
pub(super) const HOST_TYPE: Verdict = Refused("leave out type of hostPath");
pub(super) const NFS: Verdict = Refused("nfs volumes here may be: nfs.example.org:/export");
pub(super) const TOKENS: Verdict = Refused("projected tokens: leave out audience");
pub(super) const TOLERATION: Verdict = Refused("leave out tolerations");
pub(super) const IMAGE: Verdict =
    Refused("image must be, written in full, one of: harbor.example.org/ quay.io/site/tool");
pub(super) const ANNOTATION: Verdict = Refused("leave out annotations that begin with k8s.v1.cni.cncf.io/");
pub(super) const LIFETIME: Verdict = Refused("pod.kubernetes.io/lifetime, such as 8h, at most 24h");
pub(super) const LOG_IN: Verdict = Refused("log in to Open OnDemand once more");

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    ("main", "a pod that says everything", &[], Admitted),
    ("main", "runAsUser at the container only", &["/spec/securityContext/runAsUser=null", "/spec/containers/0/securityContext/runAsUser=27601"], Admitted),
    ("main", "runAsUser at both", &["/spec/containers/0/securityContext/runAsUser=27601"], Admitted),
    ("main", "another runAsUser at the container", &["/spec/containers/0/securityContext/runAsUser=27602"], USER),
    ("main", "runAsUser nowhere: the image would choose", &["/spec/securityContext/runAsUser=null"], Filled),
    ("main", "runAsUser 0", &["/spec/securityContext/runAsUser=0"], USER),
    ("main", "runAsUser of another user", &["/spec/securityContext/runAsUser=1000"], USER),
    ("main", "runAsUser below zero", &["/spec/securityContext/runAsUser=-1"], Invalid),
    ("main", "runAsUser beyond what Kubernetes takes", &["/spec/securityContext/runAsUser=2147483648"], Invalid),
    ("main", "a second container as root", &["/spec/containers/1=CONTAINER", "/spec/containers/1/securityContext/runAsUser=0"], USER),
    ("main", "an init container as another user", &["/spec/initContainers/0=CONTAINER", "/spec/initContainers/0/securityContext/runAsUser=1"], USER),
    ("main", "an init container that says nothing of ids", &["/spec/initContainers/0=CONTAINER"], Admitted),
    ("main", "a sidecar, an init container that restarts, as root", &["/spec/initContainers/0=CONTAINER", "/spec/initContainers/0/restartPolicy=\"Always\"", "/spec/initContainers/0/securityContext/runAsUser=0"], USER),
    ("main", "runAsGroup another of the user's", &["/spec/securityContext/runAsGroup=27610"], Admitted),
    ("main", "runAsGroup of others", &["/spec/securityContext/runAsGroup=27999"], GROUP),
    ("main", "runAsGroup missing: would be 0", &["/spec/securityContext/runAsGroup=null"], Filled),
    ("main", "runAsGroup 0 at the container", &["/spec/containers/0/securityContext/runAsGroup=0"], GROUP),
    ("main", "runAsGroup of others at the init container", &["/spec/initContainers/0=CONTAINER", "/spec/initContainers/0/securityContext/runAsGroup=27999"], GROUP),
    ("main", "supplementalGroups, all the user's", &["/spec/securityContext/supplementalGroups=[27601,27610,27611]"], Admitted),
    ("main", "supplementalGroups, one of others", &["/spec/securityContext/supplementalGroups=[27610,27999]"], Refused("leave out 27999")),
    ("main", "supplementalGroups 0", &["/spec/securityContext/supplementalGroups=[0]"], Refused("supplementalGroups and fsGroup must be groups of yours: leave out 0")),
    ("main", "supplementalGroups empty", &["/spec/securityContext/supplementalGroups=[]"], Admitted),
    ("main", "fsGroup of the user's", &["/spec/securityContext/fsGroup=27611"], Admitted),
    ("main", "fsGroup of others", &["/spec/securityContext/fsGroup=27999"], Refused("fsGroup must be groups of yours")),
    ("main", "supplementalGroupsPolicy Merge: an image's /etc/group would add groups", &["/spec/securityContext/supplementalGroupsPolicy=\"Merge\""], Refused("supplementalGroupsPolicy: Strict")),
    ("main", "supplementalGroupsPolicy missing", &["/spec/securityContext/supplementalGroupsPolicy=null"], Filled),
    ("main", "runAsNonRoot missing", &["/spec/securityContext/runAsNonRoot=null"], Filled),
    ("main", "runAsNonRoot false at the container", &["/spec/containers/0/securityContext/runAsNonRoot=false"], NON_ROOT),
    ("main", "runAsNonRoot false at the pod", &["/spec/securityContext/runAsNonRoot=false"], NON_ROOT),
    ("main", "allowPrivilegeEscalation missing", &["/spec/containers/0/securityContext/allowPrivilegeEscalation=null"], Filled),
    ("main", "allowPrivilegeEscalation true", &["/spec/containers/0/securityContext/allowPrivilegeEscalation=true"], ESCALATION),
    ("main", "allowPrivilegeEscalation true in an init container", &["/spec/initContainers/0=CONTAINER", "/spec/initContainers/0/securityContext/allowPrivilegeEscalation=true"], ESCALATION),
    ("main", "privileged", &["/spec/containers/0/securityContext/allowPrivilegeEscalation=null", "/spec/containers/0/securityContext/privileged=true"], Refused("leave out privileged")),
    ("main", "capabilities: SYS_ADMIN added", &["/spec/containers/0/securityContext/capabilities/add=[\"SYS_ADMIN\"]"], Invalid),
    ("main", "capabilities: NET_BIND_SERVICE added", &["/spec/containers/0/securityContext/capabilities/add=[\"NET_BIND_SERVICE\"]"], CAPABILITIES),
    ("main", "capabilities: only NET_RAW dropped", &["/spec/containers/0/securityContext/capabilities/drop=[\"NET_RAW\"]"], CAPABILITIES),
    ("main", "capabilities: nothing said", &["/spec/containers/0/securityContext/capabilities=null"], Filled),
    ("main", "seccomp Unconfined at the container", &["/spec/containers/0/securityContext/seccompProfile={\"type\":\"Unconfined\"}"], SECCOMP),
    ("main", "seccomp Unconfined at the pod", &["/spec/securityContext/seccompProfile/type=\"Unconfined\""], SECCOMP),
    ("main", "seccomp missing", &["/spec/securityContext/seccompProfile=null"], Filled),
    ("main", "seccomp Localhost", &["/spec/securityContext/seccompProfile={\"type\":\"Localhost\",\"localhostProfile\":\"a.json\"}"], Admitted),
    ("main", "AppArmor Unconfined", &["/spec/containers/0/securityContext/appArmorProfile={\"type\":\"Unconfined\"}"], APP_ARMOR),
    ("main", "AppArmor Unconfined at the pod", &["/spec/securityContext/appArmorProfile={\"type\":\"Unconfined\"}"], APP_ARMOR),
    ("main", "AppArmor unconfined by the old annotation", &["/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1main=\"unconfined\""], APP_ARMOR),
    ("main", "AppArmor RuntimeDefault", &["/spec/securityContext/appArmorProfile={\"type\":\"RuntimeDefault\"}"], Admitted),
    ("main", "SELinux type spc_t", &["/spec/containers/0/securityContext/seLinuxOptions={\"type\":\"spc_t\"}"], SE_LINUX),
    ("main", "SELinux level at the pod", &["/spec/securityContext/seLinuxOptions={\"level\":\"s0:c0.c1023\"}"], SE_LINUX),
    ("main", "procMount Unmasked", &["/spec/hostUsers=false", "/spec/containers/0/securityContext/procMount=\"Unmasked\""], Refused("procMount")),
    ("main", "windowsOptions with hostProcess", &["/spec/securityContext/windowsOptions={\"hostProcess\":true}"], Invalid),
    ("main", "windowsOptions", &["/spec/containers/0/securityContext/windowsOptions={\"runAsUserName\":\"x\"}"], Refused("leave out windowsOptions")),
    ("main", "a sysctl that is safe", &["/spec/securityContext/sysctls=[{\"name\":\"net.ipv4.tcp_syncookies\",\"value\":\"1\"}]"], Admitted),
    ("main", "a sysctl that is not", &["/spec/securityContext/sysctls=[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]"], Refused("leave out sysctls")),
    ("main", "hostNetwork", &["/spec/hostNetwork=true"], HOST),
    ("main", "hostPID", &["/spec/hostPID=true"], HOST),
    ("main", "hostIPC", &["/spec/hostIPC=true"], HOST),
    ("main", "shareProcessNamespace", &["/spec/shareProcessNamespace=true"], Admitted),
    ("main", "hostUsers false", &["/spec/hostUsers=false"], Admitted),
    ("main", "hostPort", &["/spec/containers/0/ports=[{\"containerPort\":80,\"hostPort\":80}]"], Refused("leave out hostPort")),
    ("main", "hostPort of an init container", &["/spec/initContainers/0=CONTAINER", "/spec/initContainers/0/ports=[{\"containerPort\":80,\"hostPort\":81}]"], Refused("leave out hostPort")),
    ("main", "containerPort", &["/spec/containers/0/ports=[{\"containerPort\":80}]"], Admitted),
    ("main", "a probe that asks another host", &["/spec/containers/0/livenessProbe={\"httpGet\":{\"host\":\"169.254.169.254\",\"port\":80}}"], PROBE),
    ("main", "a TCP probe of another host", &["/spec/containers/0/readinessProbe={\"tcpSocket\":{\"host\":\"10.0.0.1\",\"port\":80}}"], PROBE),
    ("main", "a hook that asks another host", &["/spec/containers/0/lifecycle={\"postStart\":{\"httpGet\":{\"host\":\"10.0.0.1\",\"port\":80}}}"], PROBE),
    ("main", "a probe without host", &["/spec/containers/0/livenessProbe={\"httpGet\":{\"port\":80}}"], Admitted),
    ("main", "nodeName", &["/spec/nodeName=\"node-1\""], Refused("leave out nodeName")),
    ("main", "a nodeSelector of the user's own", &["/spec/nodeSelector={\"gpu\":\"a100\"}"], Admitted),
    ("main", "a toleration of everything", &["/spec/tolerations=[{\"operator\":\"Exists\"}]"], TOLERATION),
    ("main", "a toleration of the control plane's taint", &["/spec/tolerations=[{\"key\":\"node-role.kubernetes.io/control-plane\",\"operator\":\"Exists\"}]"], TOLERATION),
    ("main", "a toleration of not-ready for ever", &["/spec/tolerations=[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\"}]"], Admitted),
    ("main", "a toleration of not-ready at scheduling", &["/spec/tolerations=[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\"}]"], TOLERATION),
    ("main", "priorityClassName system-node-critical", &["/spec/priorityClassName=\"system-node-critical\""], Refused("leave out priorityClassName")),
    ("main", "a priority class of the site's", &["/spec/priorityClassName=\"batch\""], Refused("leave out priorityClassName")),
    ("main", "runtimeClassName", &["/spec/runtimeClassName=\"bare\""], Refused("leave out runtimeClassName")),
    ("main", "resourceClaims", &["/spec/resourceClaims=[{\"name\":\"gpu\",\"resourceClaimName\":\"gpu\"}]"], Refused("leave out resourceClaims")),
    ("main", "volume configMap", &[volume!("\"configMap\":{\"name\":\"c\"}")], Admitted),
    ("main", "volume secret", &[volume!("\"secret\":{\"secretName\":\"c\"}")], Admitted),
    ("main", "volume emptyDir", &[volume!("\"emptyDir\":{}")], Admitted),
    ("main", "volume downwardAPI", &[volume!("\"downwardAPI\":{\"items\":[{\"path\":\"l\",\"fieldRef\":{\"fieldPath\":\"metadata.labels\"}}]}")], Admitted),
    ("main", "volume projected", &[volume!("\"projected\":{\"sources\":[{\"configMap\":{\"name\":\"c\"}}]}")], Admitted),
    ("main", "a token of an hour for the API server", &[volume!("\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":\"t\",\"expirationSeconds\":3600}}]}")], Admitted),
    ("main", "a token for another audience", &[volume!("\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":\"t\",\"audience\":\"vault\"}}]}")], TOKENS),
    ("main", "a token of a year", &[volume!("\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":\"t\",\"expirationSeconds\":31536000}}]}")], TOKENS),
    ("main", "hostPath /home", &[volume!("\"hostPath\":{\"path\":\"/home\"}")], Admitted),
    ("main", "hostPath below /home, type Directory", &[volume!("\"hostPath\":{\"path\":\"/home/alice\",\"type\":\"Directory\"}")], Admitted),
    ("main", "hostPath below /scratch with a slash at its end", &[volume!("\"hostPath\":{\"path\":\"/scratch/alice/\"}")], Admitted),
    ("main", "hostPath /", &[volume!("\"hostPath\":{\"path\":\"/\"}")], HOST_PATH),
    ("main", "hostPath /etc", &[volume!("\"hostPath\":{\"path\":\"/etc\"}")], HOST_PATH),
    ("main", "hostPath /home2", &[volume!("\"hostPath\":{\"path\":\"/home2\"}")], HOST_PATH),
    ("main", "hostPath //etc", &[volume!("\"hostPath\":{\"path\":\"//etc\"}")], HOST_PATH),
    ("main", "hostPath /home/./x", &[volume!("\"hostPath\":{\"path\":\"/home/./x\"}")], HOST_PATH),
    ("main", "hostPath a runtime's socket", &[volume!("\"hostPath\":{\"path\":\"/run/containerd/containerd.sock\"}")], HOST_PATH),
    ("main", "hostPath home without its slash", &[volume!("\"hostPath\":{\"path\":\"home\"}")], HOST_PATH),
    ("main", "hostPath /home/../etc", &[volume!("\"hostPath\":{\"path\":\"/home/../etc\"}")], Invalid),
    ("main", "hostPath DirectoryOrCreate", &[volume!("\"hostPath\":{\"path\":\"/home/x\",\"type\":\"DirectoryOrCreate\"}")], HOST_TYPE),
    ("main", "hostPath FileOrCreate", &[volume!("\"hostPath\":{\"path\":\"/home/x\",\"type\":\"FileOrCreate\"}")], HOST_TYPE),
    ("main", "hostPath BlockDevice", &[volume!("\"hostPath\":{\"path\":\"/home/x\",\"type\":\"BlockDevice\"}")], HOST_TYPE),
    ("main", "nfs of the site's", &[volume!("\"nfs\":{\"server\":\"nfs.example.org\",\"path\":\"/export/a\"}")], Admitted),
    ("main", "nfs of another server", &[volume!("\"nfs\":{\"server\":\"evil.example.org\",\"path\":\"/export\"}")], NFS),
    ("main", "nfs of another export", &[volume!("\"nfs\":{\"server\":\"nfs.example.org\",\"path\":\"/export2\"}")], NFS),
    ("main", "volume persistentVolumeClaim", &[volume!("\"persistentVolumeClaim\":{\"claimName\":\"c\"}")], VOLUMES),
    ("main", "volume ephemeral", &[volume!("\"ephemeral\":{\"volumeClaimTemplate\":{\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}}}")], VOLUMES),
    ("main", "volume csi of the site's driver", &[volume!("\"csi\":{\"driver\":\"secrets.example.org\"}")], Admitted),
    ("main", "volume csi of another driver", &[volume!("\"csi\":{\"driver\":\"other.example.org\"}")], Refused("csi drivers here may be: secrets.example.org")),
    ("main", "volume iscsi", &[volume!("\"iscsi\":{\"targetPortal\":\"10.0.0.1\",\"iqn\":\"iqn.2001-04.com.example:x\",\"lun\":0}")], VOLUMES),
    ("main", "volume cephfs", &[volume!("\"cephfs\":{\"monitors\":[\"10.0.0.1\"]}")], VOLUMES),
    ("main", "volume image", &[volume!("\"image\":{\"reference\":\"harbor.example.org/x\"}")], VOLUMES),
    ("main", "serviceAccountName default", &["/spec/serviceAccountName=\"default\""], Admitted),
    ("main", "serviceAccountName of another account", &["/spec/serviceAccountName=\"deployer\""], Refused("leave out serviceAccountName")),
    ("main", "automountServiceAccountToken false", &["/spec/automountServiceAccountToken=false"], Admitted),
    ("main", "an annotation that asks Multus for a network", &["/metadata/annotations/k8s.v1.cni.cncf.io~1networks=\"storage\""], ANNOTATION),
    ("main", "an annotation that asks CRI-O", &["/metadata/annotations/io.kubernetes.cri-o.Devices=\"/dev/sda\""], ANNOTATION),
    ("main", "an annotation of nobody's", &["/metadata/annotations/example.org~1note=\"x\""], Admitted),
    ("profile", "an image of the registry", &[], Admitted),
    ("profile", "an image of another registry", &["/spec/containers/0/image=\"docker.io/library/nginx:1\""], IMAGE),
    ("profile", "an image without a registry", &["/spec/containers/0/image=\"nginx\""], IMAGE),
    ("profile", "an image of a host that begins alike", &["/spec/containers/0/image=\"harbor.example.org.evil.org/app:1\""], IMAGE),
    ("profile", "an image by name, any tag", &["/spec/containers/0/image=\"quay.io/site/tool:9\""], Admitted),
    ("profile", "an image by name, a digest", &["/spec/containers/0/image=\"quay.io/site/tool@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""], Admitted),
    ("profile", "an image whose name begins alike", &["/spec/containers/0/image=\"quay.io/site/toolbox:1\""], IMAGE),
    ("profile", "an image with its tag", &["/spec/containers/0/image=\"quay.io/site/r-session:3.4.2\""], Admitted),
    ("profile", "an image with another tag", &["/spec/containers/0/image=\"quay.io/site/r-session:3.4.3\""], IMAGE),
    ("profile", "an image with its tag and a digest that overrules it", &["/spec/containers/0/image=\"quay.io/site/r-session:3.4.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""], IMAGE),
    ("profile", "an image of an init container", &["/spec/initContainers/0=CONTAINER", "/spec/initContainers/0/image=\"nginx\""], IMAGE),
    ("profile", "a toleration that the profile allows", &["/spec/tolerations=[{\"key\":\"nvidia.com/gpu\",\"operator\":\"Exists\"}]"], Admitted),
    ("profile", "a toleration that it does not", &["/spec/tolerations=[{\"key\":\"nvidia.com/mig\",\"operator\":\"Exists\"}]"], TOLERATION),
    ("life", "no lifetime", &[], LIFETIME),
    ("life", "a lifetime as OnDemand writes it", &["/metadata/annotations/pod.kubernetes.io~1lifetime=\"08h00m00s\""], Admitted),
    ("life", "a lifetime beyond the longest", &["/metadata/annotations/pod.kubernetes.io~1lifetime=\"24h00m01s\""], LIFETIME),
    ("life", "a lifetime that is none", &["/metadata/annotations/pod.kubernetes.io~1lifetime=\"-1h\""], LIFETIME),
    ("life", "a lifetime that overflows", &["/metadata/annotations/pod.kubernetes.io~1lifetime=\"999999h999999h\""], LIFETIME),
    ("life", "an empty lifetime", &["/metadata/annotations/pod.kubernetes.io~1lifetime=\"\""], LIFETIME),
    ("nodes", "no nodeSelector", &[], Filled),
    ("nodes", "the nodeSelector", &["/spec/nodeSelector={\"node-role.kubernetes.io/ondemand\":\"\",\"pool\":\"a\"}"], Admitted),
    ("nodes", "another pool", &["/spec/nodeSelector={\"node-role.kubernetes.io/ondemand\":\"\",\"pool\":\"b\"}"], Refused("write in nodeSelector: node-role.kubernetes.io/ondemand=, pool=a")),
    ("bare", "a namespace with the label and no stamps", &[], LOG_IN),
    ("other", "a namespace without the label", &["/spec/securityContext/runAsUser=0", "/spec/hostNetwork=true"], Admitted),
    ("many", "200 groups, one asked for", &["/spec/securityContext/supplementalGroups=[30199]"], Admitted),
    ("many", "200 groups, the 201st asked for", &["/spec/securityContext/supplementalGroups=[30200]"], Refused("leave out 30200")),
];

/// Stamps that say nothing, or too much.
pub(super) const BAD_STAMPS: &[(&str, &str)] = &[
    ("uid", "0"),
    ("uid", "00"),
    ("uid", "1000 "),
    ("uid", "-1"),
    ("uid", ""),
    ("uid", "root"),
    ("uid", "1000,0"),
    ("gid", "0"),
    ("gid", ""),
    ("groups", "0"),
    ("groups", "1000,0"),
    ("groups", "1000 0"),
    ("groups", "1000,"),
    ("groups", "all"),
];
