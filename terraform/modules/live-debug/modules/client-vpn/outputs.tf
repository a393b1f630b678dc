################################################################################
# The endpoint
################################################################################

output "client_config" {
  description = "An OpenVPN configuration that needs only a client's certificate and key added, in `<cert>` and `<key>`. Nothing secret."
  value = join("\n", concat(
    [
      "client",
      "dev tun",
      "proto ${var.transport_protocol}",
      # Its DNS name has a wildcard in front: clients put a name of their own choice there, so that no answer is an old one.
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

  # Before, a client would connect and reach nothing.
  depends_on = [aws_ec2_client_vpn_authorization_rule.this, aws_ec2_client_vpn_network_association.this]
}

output "endpoint_id" {
  description = "The endpoint's id, for routes and revocation lists of your own."
  value       = aws_ec2_client_vpn_endpoint.this.id
}

################################################################################
# What is reached
################################################################################

output "security_group_id" {
  description = "The security group made for the endpoint, to be let in by targets; null where `security_group_ids` are given."
  value       = one(aws_security_group.this[*].id)
}
