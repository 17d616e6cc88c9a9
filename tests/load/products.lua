-- SPDX-License-Identifier: Apache-2.0
-- products.lua: one product, another at random each time. PRODUCTS: how many there are; SEED: of the random
-- numbers.

dofile(os.getenv("LOAD") .. "/report.lua")

local products = tonumber(os.getenv("PRODUCTS"))
local random, format = math.random, string.format
local head, tail

function init()
	math.randomseed(tonumber(os.getenv("SEED")))
	head = "GET /api/mall/products/01900000-0000-7000-8000-"
	tail = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n\r\n"
end

function request()
	return head .. format("%012x", random(products)) .. tail
end
