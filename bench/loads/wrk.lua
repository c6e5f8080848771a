-- Connects to loopback whatever the name is, as `*.localhost` need not resolve: so the Host and TLS's
-- server name are the share's. Prints what bench/loads/generator.py reads: one JSON object, times in seconds.
function wrk.resolve(host, service)
   wrk.addrs = wrk.lookup("127.0.0.1", service)
end

done = function(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      '{"count": %d, "duration": %.6f, "p50": %.6f, "p99": %.6f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
