# What ood_core makes of folders of clusters.d: run by the test with OOD_CORE and OOD_SUPPORT set; see verdicts.json.
#
# Reads a JSON object {name: folder} from standard input, and prints {name: verdict}.
require "json"
require "pathname"
require "psych"
$LOAD_PATH.unshift(*%w[OOD_CORE OOD_SUPPORT].map { |name| File.join(ENV.fetch(name), "lib") })
require "ood_support"
# This helper alone needs the gem fog-openstack, and no cluster's file does.
$LOADED_FEATURES << File.realpath(File.join(ENV.fetch("OOD_CORE"), "lib/ood_core/helpers/openstack.rb"))
require "ood_core"

# The adapter's own values, as it puts them into commands.
def batch_of(cluster)
  batch = cluster.job_adapter.batch
  {
    "cluster" => batch.cluster.to_s,
    "context" => batch.context.nil? ? nil : batch.context.to_s,
    "username_prefix" => batch.username_prefix.to_s,
    "namespace_prefix" => batch.namespace_prefix.to_s,
    "endpoint" => cluster.job_config.fetch(:server, nil).to_h["endpoint"]&.to_s,
    "allowed" => cluster.job_allow?
  }
rescue StandardError, LoadError => e
  { "fails" => e.class.to_s }
end

def verdict_of(folder)
  clusters = OodCore::Clusters.load_file(folder)
  clusters.sort_by { |c| c.id.to_s }.map { |cluster|
    kind =
      if !cluster.valid?
        "invalid"
      elsif cluster.kubernetes?
        batch_of(cluster)
      else
        "other"
      end
    [cluster.id.to_s, kind]
  }.to_h
rescue Psych::BadAlias
  # psych 5 has a class of its own below this one.
  { "!" => "Psych::BadAlias" }
rescue StandardError => e
  { "!" => e.class.to_s }
end

folders = JSON.parse($stdin.read)
puts JSON.pretty_generate(
  "versions" => {
    "ood_core" => OodCore::VERSION, "ood_support" => OodSupport::VERSION, "ruby" => RUBY_VERSION,
    "psych" => Psych::VERSION, "libyaml" => Psych::LIBYAML_VERSION
  },
  "verdicts" => folders.map { |name, folder| [name, verdict_of(folder)] }.to_h
)
