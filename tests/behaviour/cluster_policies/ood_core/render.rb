# Renders jobs as ood_core would submit them, for the user of the tests: `ruby -I GEM/lib render.rb DIRECTORY`.
require "erb"
require "etc"
require "open3"
require "shellwords"
require "yaml"
# What it requires and does not need here: the adapter for OpenStack, and the groups of a user, which are given below.
$LOADED_FEATURES.push("fog/openstack.rb", "ood_support.rb")
require "ood_core"
require "ood_core/job/adapters/kubernetes"
require "ood_core/job/adapters/kubernetes/batch"

# Stands for ood_support: the groups of alice, one of them the system's.
module OodSupport
  Group = Struct.new(:id)
  class User
    def groups
      [10, 27601, 27611, 27610].map { |id| Group.new(id) }
    end
  end
end

User = Struct.new(:name, :uid, :gid, :dir)

# The same name and the same group's name in each rendering.
module Alice
  def username = "alice"
  def user = User.new("alice", 27601, 27601, "/home/alice")
  def group = "alice"
  def generate_id(name) = "#{name.downcase.tr(" ", "-")}-4f0c"
end

SCRIPT = <<~'SH'
  #!/bin/bash
  set -e
  . /ood/helpers.sh

  jupyter lab --config=/ood/jupyter_config.py --port=8080
SH

HOME = { type: "host", name: "home", host_type: "Directory", path: "/home/alice", destination_path: "/home/alice" }
DATA = { type: "nfs", name: "data", host: "nfs.example.org", path: "/export/data", destination_path: "/data" }
SCRATCH = { type: "host", name: "scratch", host_type: "", path: "/scratch/alice", destination_path: "/scratch" }

JOBS = {
  # As little as an app may say.
  "minimal" => [{}, {}, { container: { name: "shell", image: "harbor.example.org/base:1", command: "sleep 60" } }],
  # A job without a port: no Service.
  "batch" => [
    { namespace_prefix: "user-" },
    { wall_time: 90, accounting_id: "pzs0714" },
    { container: { name: "batch-job", image: "harbor.example.org/r:4", command: ["Rscript", "/ood/script.sh"],
                   cpu: 2, memory: "8Gi", restart_policy: "OnFailure", working_dir: "/home/alice",
                   labels: { "example.org/course" => "cs101" } } },
  ],
  # An app as centers have it: mounts of the cluster's and its own, files, an init container that makes a Secret.
  "jupyter" => [
    { namespace_prefix: "user-", mounts: [HOME, DATA], auto_supplemental_groups: true },
    { wall_time: 8 * 3600 },
    { container: { name: "jupyter", image: "harbor.example.org/jupyter:6", image_pull_policy: "Always",
                   image_pull_secret: "registry", command: "/bin/bash /ood/script.sh", working_dir: "/home/alice",
                   env: { NB_UID: 27601, PASSWORD_FILE: "/ood/password" }, port: "8080", cpu: "4", memory: "16Gi" },
      init_containers: [
        { name: "init-secret", image: "harbor.example.org/k8s-utils:1", command: ["/bin/save_passwd_as_secret", "user-alice"] },
        { name: "init-data", image: "harbor.example.org/base:1", command: ["/bin/sh", "-c", "mkdir -p /scratch/jupyter"],
          image_pull_policy: "Always", env: { STAGE: 1 } },
      ],
      mounts: [SCRATCH],
      configmap: { files: [
        { filename: "jupyter_config.py", data: "c.ServerApp.ip = '*'\nc.ServerApp.open_browser = False\n",
          mount_path: "/ood/jupyter_config.py", sub_path: "jupyter_config.py", init_mount_path: "/ood" },
        { filename: "helpers.sh", data: "export LC_ALL=C\n", mount_path: "/ood/helpers.sh", sub_path: "helpers.sh" },
      ] } },
  ],
  # Devices, chosen nodes, and limits that are not the requests.
  "devices" => [
    { mounts: [HOME] },
    { wall_time: 3600, gpus_per_node: 2, accounting_id: "pzs0714" },
    { container: { name: "pytorch", image: "harbor.example.org/pytorch:2", command: "python /ood/script.sh", port: 8888,
                   cpu_limit: "8", cpu_request: "500m", memory_limit: "64Gi", memory_request: "32Gi",
                   supplemental_groups: [27611], startup_probe: { initial_delay_seconds: 10, failure_threshold: 30 } },
      gpu_type: "amd.com/gpu", node_selector: { "gpu" => "mi300", "node-role.kubernetes.io/ondemand" => "" } },
  ],
  # The site's usual device, and a script of the app's own in the place of script.sh.
  "own-script" => [
    {},
    { gpus_per_node: 1 },
    { container: { name: "rstudio", image: "harbor.example.org/rstudio:1", command: "/bin/sh /ood/script.sh", port: 8787 },
      configmap: { files: [
        { filename: "script.sh", data: "exec rserver\n", mount_path: "/ood", init_mount_path: "/ood" },
        { filename: "logging.conf", data: "[*]\nlog-level=info\n", mount_path: "/etc/rstudio/logging.conf", sub_path: "logging.conf" },
      ] } },
  ],
}.freeze

JOBS.each do |name, (cluster, options, native)|
  batch = OodCore::Job::Adapters::Kubernetes::Batch.new(cluster).extend(Alice)
  script = OodCore::Job::Script.new(content: SCRIPT, native: native, **options)
  yaml, = batch.send(:generate_id_yml, script)
  # It must be YAML before it is of any use.
  YAML.load_stream(yaml)
  File.write(File.join(ARGV.fetch(0), "#{name}.yml"), yaml)
end
