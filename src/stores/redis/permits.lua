-- Places of requests in flight: each is a member of its key's sorted set, scored by the time at which it lapses unless its gateway says again
-- that it holds it. What a member is depends on nothing but its own name, so every deed may be repeated, late, or lost: a count is never wrong
-- for longer than a lease.
--
-- ARGV[1]  what is to be done: 'acquire', 'hold' or 'release'
-- ARGV[2]  length of a lease, ms
-- KEYS[i]  places of question i, and for each
--            acquire  limit, member                  all of them, or none
--            hold     count of members, members      also those that are missing: after a failover, or when a lease lapsed too early
--            release  count of members, members
-- Answers  acquire: for each question how many are in flight, and 1 when it allows one more, otherwise 0. The others: nothing to tell.
--
-- Time is that of this server, in ms, so that no gateway's clock counts. Every key has a time to live, as long as its latest lease.

local deed = ARGV[1]
local lease = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lapse = string.format('%d', now + lease)
local life = string.format('%d', lease + 1)

if deed == 'acquire' then
  local answer, before, refused = {}, {}, false
  for i, key in ipairs(KEYS) do
    if not before[key] then
      redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%d', now))
      before[key] = redis.call('ZCARD', key)
    end
    local counted = before[key]
    before[key] = counted + 1
    local allows = counted < tonumber(ARGV[1 + 2 * i])
    refused = refused or not allows
    answer[2 * i - 1] = counted + 1
    answer[2 * i] = allows and 1 or 0
  end
  for i, key in ipairs(KEYS) do
    if refused then
      answer[2 * i - 1] = redis.call('ZCARD', key)
    else
      redis.call('ZADD', key, lapse, ARGV[2 + 2 * i])
      redis.call('PEXPIRE', key, life)
    end
  end
  return answer
end

local at = 3
for _, key in ipairs(KEYS) do
  local count = tonumber(ARGV[at])
  for i = at + 1, at + count do
    if deed == 'hold' then
      redis.call('ZADD', key, lapse, ARGV[i])
    else
      redis.call('ZREM', key, ARGV[i])
    end
  end
  if deed == 'hold' then redis.call('PEXPIRE', key, life) end
  at = at + count + 1
end
return 0
