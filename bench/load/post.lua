-- wrk's script: posts the file named after "--" and prints what came of it as one line of JSON.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  wrk.headers["Content-Type"] = "application/json"
  file:close()
end

function done(summary, latency, _)
  local errors = summary.errors
  -- wrk counts in microseconds.
  print(string.format(
    '{"requests":%d,"requestsPerSecond":%.1f,"p50Ms":%.4f,"p99Ms":%.4f,"errors":%d}',
    summary.requests,
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000,
    latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
