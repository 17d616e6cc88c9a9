-- SPDX-License-Identifier: Apache-2.0
-- report.lua: what every wrk run tells bench.py: one line of JSON. Loaded by the scripts of requests, and alone
-- where the request is always the same.

function done(summary, latency)
	local e = summary.errors
	print(string.format('RESULT {"requests":%d,"duration_us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,' ..
	    '"socket_errors":%d,"status_errors":%d}', summary.requests, summary.duration, summary.bytes,
	    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout, e.status))
end
