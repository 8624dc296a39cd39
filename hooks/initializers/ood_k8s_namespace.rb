# frozen_string_literal: true

# The dashboard's half of NAMESPACE_NAMES="slug" in hook.env: users whose names make no Kubernetes namespace (capitals, _,
# more than 63 characters) get the one that ood-k8s makes at their login. All other names are left to ood_core.
#
# Copy it to /etc/ood/config/apps/dashboard/initializers/, and to those of other apps that submit to Kubernetes.
# `ood-k8s check` says if it is missing or differs.

require 'digest'

# The namespace of a user.
module OodK8sNamespace
  LONGEST = 63
  JOINT = '---'
  DIGITS = 12
  LABEL = /\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z/.freeze

  # The name by ood_core's rule, if Kubernetes accepts it, else a readable part and a hash of the whole name.
  def self.of(prefix, user)
    # Etc.getlogin says US-ASCII where the locale is C, whatever the name has in it.
    plain = "#{prefix}#{user.b.gsub(/[.@]/n, '-')}"
    label?(plain) ? plain : slug(prefix, user) || plain.force_encoding(user.encoding)
  end

  def self.label?(name)
    name.bytesize <= LONGEST && LABEL.match?(name.b)
  end

  def self.slug(prefix, user)
    room = LONGEST - prefix.bytesize - JOINT.length - DIGITS
    return nil unless room.positive?

    readable = user.b.tr('A-Z', 'a-z').gsub(/[^a-z0-9]+/n, '-').sub(/\A-/, '')[0, room].sub(/-\z/, '')
    readable = 'x' if readable.empty?
    name = "#{prefix}#{readable}#{JOINT}#{Digest::SHA256.hexdigest(user)[0, DIGITS]}"
    label?(name) ? name : nil
  end

  # Goes before ood_core's adapter.
  module Adapter
    private

    def namespace
      OodK8sNamespace.of(namespace_prefix, username)
    end
  end
end

if defined?(OodCore) || Gem.loaded_specs.key?('ood_core')
  require 'ood_core'
  require 'ood_core/job/adapters/kubernetes'
  OodCore::Job::Adapters::Kubernetes::Batch.prepend(OodK8sNamespace::Adapter)
end
