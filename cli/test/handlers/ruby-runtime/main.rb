# A runtime of its own in Ruby, with the standard library only. It answers with the event as it came.
require 'json'
require 'net/http'

api = "http://#{ENV.fetch('AWS_LAMBDA_RUNTIME_API')}/2018-06-01/runtime/invocation/"
count = 0
$stdout.sync = true

loop do
  # The event may be long in coming.
  invocation = Net::HTTP.start(URI(api).host, URI(api).port, read_timeout: nil) { |http| http.get(URI("#{api}next").path) }
  id = invocation['Lambda-Runtime-Aws-Request-Id']
  event = invocation.body
  count += 1
  puts "ruby runs #{id}"
  if event == '"fail"'
    error = { errorType: 'RubyError', errorMessage: 'as asked' }
    Net::HTTP.post(URI("#{api}#{id}/error"), error.to_json)
  else
    facts = { pid: Process.pid, count: count, handler: ENV['_HANDLER'], greeting: ENV['GREETING'] }.to_json
    Net::HTTP.post(URI("#{api}#{id}/response"), "{\"facts\":#{facts},\"event\":#{event}}")
  end
end
