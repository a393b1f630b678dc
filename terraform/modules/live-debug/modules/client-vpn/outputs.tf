################################################################################
# The endpoint
################################################################################

output "client_config" {
  description = "An OpenVPN configuration without secrets. Add a client's certificate and key to it, in `<cert>` and `<key>`."
  value = join("\n", concat(
    [
      "client",
      "dev tun",
      "proto ${var.transport_protocol}",
      # The endpoint's DNS name begins with a wildcard. Clients put a random name there, so that no cached answer is used.
      "remote ${trimprefix(aws_ec2_client_vpn_endpoint.this.dns_name, "*.")} 443",
      "remote-random-hostname",
      "resolv-retry infinite",
      "nobind",
      "remote-cert-tls server",
    ],
    var.server_name == null ? [] : ["verify-x509-name ${var.server_name} name"],
    [
      "cipher AES-256-GCM",
      "reneg-sec 0",
      "verb 3",
      "<ca>",
      trimspace(var.server_ca_certificate_pem),
      "</ca>",
      "",
    ],
  ))

  # Without these, a client connects but reaches nothing.
  depends_on = [aws_ec2_client_vpn_authorization_rule.this, aws_ec2_client_vpn_network_association.this]
}

output "endpoint_id" {
  description = "The endpoint's id, for your own routes and revocation lists."
  value       = aws_ec2_client_vpn_endpoint.this.id
}

################################################################################
# Access to the VPC
################################################################################

output "security_group_id" {
  description = <<-EOT
    The security group that the module creates for the endpoint; targets must allow it. null with
    `security_group_ids`.
  EOT
  value       = one(aws_security_group.this[*].id)
}
