-- As post.lua, with names in every body that nobody has asked for before: "FRESH" becomes a prefix and a number.
local parts = {}
local prefix
local count = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  prefix = args[2]
  wrk.headers["Content-Type"] = "application/json"
  local from = 1
  while true do
    local first, last = text:find("FRESH", from, true)
    if not first then break end
    parts[#parts + 1] = text:sub(from, first - 1)
    from = last + 1
  end
  parts[#parts + 1] = text:sub(from)
end

function request()
  count = count + 1
  return wrk.format("POST", nil, nil, table.concat(parts, prefix .. "-" .. count))
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
