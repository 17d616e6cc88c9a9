-- SPDX-License-Identifier: Apache-2.0
-- exchange.lua: one piece for a random user, with an Idempotency-Key never used before.
-- TOKENS: a file, an access token a line; PRODUCT: the one product, else one at random of PRODUCTS; SEED: of the
-- random numbers; RUN: the beginning of this run's keys.

dofile(os.getenv("LOAD") .. "/report.lua")

local random, format = math.random, string.format
local product, products = os.getenv("PRODUCT"), tonumber(os.getenv("PRODUCTS"))
local tokens, sent = {}, 0
local head, key, middle, tail

-- What does not change is put together once: wrk shares the machine with what it measures.
function init()
	math.randomseed(tonumber(os.getenv("SEED")))
	for token in io.lines(os.getenv("TOKENS")) do
		tokens[#tokens + 1] = token
	end
	tail = '","quantity":1,"deliveryInfo":{"receiverName":"王小明","receiverPhone":"13800138000",' ..
	    '"address":"北京市海淀区中关村大街1号"}}'
	local before = '{"productId":"'
	head = "POST /api/mall/exchange HTTP/1.1\r\nHost: " .. wrk.headers["Host"] ..
	    "\r\nContent-Type: application/json\r\nContent-Length: " .. (#before + 36 + #tail) ..
	    "\r\nAuthorization: Bearer "
	key = "\r\nIdempotency-Key: " .. os.getenv("RUN") .. "-"
	middle = "\r\n\r\n" .. before
end

function request()
	local id = product or format("01900000-0000-7000-8000-%012x", random(products))
	sent = sent + 1
	return head .. tokens[random(#tokens)] .. key .. sent .. middle .. id .. tail
end
