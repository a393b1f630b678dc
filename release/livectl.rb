# Homebrew formula of livectl @VERSION@, written by release/installers.mjs.
class Livectl < Formula
  desc "Live AWS Lambda debugging for Terraform"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "@BASE_URL@/livectl-@VERSION@-darwin-arm64.tar.gz"
      sha256 "@SHA256:darwin-arm64@"
    end
    on_intel do
      url "@BASE_URL@/livectl-@VERSION@-darwin-x64.tar.gz"
      sha256 "@SHA256:darwin-x64@"
    end
  end

  on_linux do
    on_arm do
      url "@BASE_URL@/livectl-@VERSION@-linux-arm64.tar.gz"
      sha256 "@SHA256:linux-arm64@"
    end
    on_intel do
      url "@BASE_URL@/livectl-@VERSION@-linux-x64.tar.gz"
      sha256 "@SHA256:linux-x64@"
    end
  end

  def install
    bin.install "livectl"
    doc.install "LICENSE", "LICENSE-nodejs", "THIRD-PARTY-NOTICES.txt"
    generate_completions_from_executable(bin/"livectl", "completion", shells: [:bash, :zsh, :fish])
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/livectl --version")
    (testpath/"livectl.json").write <<~JSON
      { "functions": { "hello": { "handler": "hello.handler", "runtime": "nodejs22.x" } } }
    JSON
    (testpath/"hello.mjs").write "export const handler = async () => 'hello';\n"
    assert_match "hello", shell_output("#{bin}/livectl doctor --local --format json")
  end
end
