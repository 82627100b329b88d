-- Decides and records the questions of one request: all of them, or none.
--
-- ARGV[1]  what is to be done: 'consume', 'charge', or 'undo'
-- ARGV[2]  of 'undo': when the units were taken, as the first number of that answer; 0 otherwise
-- KEYS[i]  the state of question i, and six arguments each: algorithm, cost, and
--            gcra     whole µs per unit, the rest of it in parts, parts per µs, burst
--            fixed    limit, window in µs, calendar ('' for none), unused
--            sliding  limit, window in µs, cell in µs, unused
-- Answers  now in µs, then three numbers for each question: units that are left, µs until nothing counts any more, and µs until it would be
--          admitted (0: it is; -1: never).
--
-- Time is that of this server, in whole µs, so that no gateway's clock counts. Every number is an integer below 2^53, which a Lua number holds
-- exactly. Every key gets its time to live in the command that writes it or right behind it; no decision depends on when a key expires.
-- When this server's clock goes back, what a key holds moves back with it: nothing is closed for longer than its window.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local floor = math.floor

local function ttl(us)
  return string.format('%d', floor(us / 1000) + 1)
end

-- gcra ------------------------------------------------------------------------------------------------------------------------------------
-- The theoretical arrival time is q + r / n µs, where n divides a unit's time into whole parts: nothing is ever rounded.

local function make_gcra()
  local gcra = {}
  -- Half of what a number counts exactly: quotients below it are never rounded up to the next whole one.
  local EXACT = 2 ^ 52
  -- What is charged past it is not held against anybody: it is the year 2255.
  local LATEST = 2 ^ 53 - 1

  -- As by long division, in digits so small that no step leaves what a number counts exactly.
  local function divided(units, b, n)
    local base, power = 1, 1
    while base * n < EXACT / 2 do base = base * 2 end
    while power * base <= units do power = power * base end
    local whole, rest = 0, 0
    while power >= 1 do
      local digit = floor(units / power)
      units = units - digit * power
      local parts = rest * base + digit * b
      whole, rest, power = whole * base + floor(parts / n), parts % n, power / base
    end
    return whole, rest
  end

  local function span(s, units)
    local parts = units * s.b
    if parts >= EXACT then
      local whole, rest = divided(units, s.b, s.n)
      return units * s.a + whole, rest
    end
    return units * s.a + floor(parts / s.n), parts % s.n
  end

  -- What is used under other numbers stays used, in units: a higher limit lets the difference pass.
  local function converted(s, q, r, a, b, n)
    local used = (q - now + r / n) / (a + b / n)
    -- The slack is far below a µs; without it the error of the division would cost a unit.
    local units = floor(used + 1e-9)
    local begun = math.max(0, used - units)
    local whole, parts = span(s, units)
    return now + whole + math.ceil(begun * (s.a + s.b / s.n) - 0.001), parts
  end

  function gcra.load(s, p)
    s.a, s.b, s.n, s.burst = tonumber(ARGV[p]), tonumber(ARGV[p + 1]), tonumber(ARGV[p + 2]), tonumber(ARGV[p + 3])
    s.q, s.r = now, 0
    local state = redis.call('GET', s.key)
    if state then
      local q, r, a, b, n, at = string.match(state, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')
      q, r, a, b, n, at = tonumber(q), tonumber(r), tonumber(a), tonumber(b), tonumber(n), tonumber(at)
      if at > now then q, s.moved = q - (at - now), true end
      if q >= now then
        if a ~= s.a or b ~= s.b or n ~= s.n then
          q, r = converted(s, q, r, a, b, n)
          s.moved = true
        end
        s.q, s.r = q, r
      end
    end
    s.q0, s.r0 = s.q, s.r
  end

  function gcra.restore(s)
    s.q, s.r = s.q0, s.r0
  end

  function gcra.wait(s, cost)
    if cost == 0 then return 0 end
    if s.asked + cost > s.burst then return -1 end
    local q, r = span(s, cost)
    local bq, br = span(s, s.burst)
    -- A fraction lies between -1 and 2 µs; the wait is rounded up to the first µs at which it would be admitted.
    local late = s.q - now + (q - bq) + math.ceil((s.r + r - br) / s.n)
    return late > 0 and late or 0
  end

  function gcra.take(s, cost)
    if cost < 0 then
      local q, r = span(s, -cost)
      s.q, s.r = s.q - q, s.r - r
      if s.r < 0 then s.q, s.r = s.q - 1, s.r + s.n end
      if s.q < now then s.q, s.r = now, 0 end
    else
      local q, r = span(s, cost)
      s.q, s.r = s.q + q, s.r + r
      if s.r >= s.n then s.q, s.r = s.q + 1, s.r - s.n end
      if s.q > LATEST then s.q, s.r = LATEST, 0 end
    end
  end

  function gcra.left(s)
    local q, r = span(s, s.burst)
    q, r = now + q - s.q, r - s.r
    if r < 0 then q, r = q - 1, r + s.n end
    if q < 0 then return 0 end
    -- The quotient may be one off at its edges; the comparison is exact.
    local units = floor((q + r / s.n) / (s.a + s.b / s.n)) + 1
    while units > 0 do
      local uq, ur = span(s, units)
      if uq < q or (uq == q and ur <= r) then break end
      units = units - 1
    end
    return units
  end

  function gcra.reset(s)
    return s.q - now + (s.r > 0 and 1 or 0)
  end

  function gcra.save(s)
    local reset = gcra.reset(s)
    if reset == 0 then
      redis.call('DEL', s.key)
      return
    end
    local state = string.format('%d %d %d %d %d %d', s.q, s.r, s.a, s.b, s.n, now)
    redis.call('SET', s.key, state, 'PX', ttl(reset))
  end

  return gcra
end

-- fixed window ----------------------------------------------------------------------------------------------------------------------------

local function make_fixed()
  local fixed = {}
  local DAY = 86400000000
  local HELD = 5000000
  local PLAIN = { minute = 60000000, hour = 3600000000, day = DAY }

  -- The first day of a day's month, both counted from 1970-01-01, by the calendar whose years begin in March: the leap day is then a year's last.
  local function month_of(day)
    local z = day + 719468
    local era = floor(z / 146097)
    local doe = z - era * 146097
    local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
    local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
    local month = floor((5 * doy + 2) / 153)
    return day - (doy - floor((153 * month + 2) / 5))
  end

  local function begin_of(s, at)
    if s.calendar == 'month' then return month_of(floor(at / DAY)) * DAY end
    return at - at % PLAIN[s.calendar]
  end

  local function end_of(s)
    if s.calendar == '' then return s.start + s.window end
    -- 31 days on from the first of a month is always in the next one.
    if s.calendar == 'month' then return month_of(floor(s.start / DAY) + 31) * DAY end
    return s.start + PLAIN[s.calendar]
  end

  function fixed.load(s, p)
    s.limit, s.window, s.calendar = tonumber(ARGV[p]), tonumber(ARGV[p + 1]), ARGV[p + 2]
    s.count, s.start = 0, s.calendar == '' and now or begin_of(s, now)
    local state = redis.call('GET', s.key)
    if state then
      local count, start = string.match(state, '^(%d+) (%d+)$')
      count, start = tonumber(count), tonumber(start)
      if s.calendar == '' then
        -- When the clock went back over its beginning, the window begins anew with the same count.
        s.moved = start > now
        if start + s.window > now then s.count, s.start = count, math.min(start, now) end
      elseif start >= s.start then
        -- Set back over a boundary by a little, it stays in the later window: the limit must not be there twice.
        s.count = count
        if start <= now + HELD then s.start = start else s.moved = true end
      end
    end
    s.count0 = s.count
  end

  function fixed.restore(s)
    s.count = s.count0
  end

  function fixed.wait(s, cost)
    if cost == 0 then return 0 end
    if s.asked + cost > s.limit then return -1 end
    if s.count + cost <= s.limit then return 0 end
    return end_of(s) - now
  end

  function fixed.take(s, cost)
    s.count = math.max(0, s.count + cost)
  end

  function fixed.left(s)
    return math.max(0, s.limit - s.count)
  end

  function fixed.reset(s)
    return s.count > 0 and end_of(s) - now or 0
  end

  function fixed.save(s)
    if s.count == 0 then
      redis.call('DEL', s.key)
      return
    end
    redis.call('SET', s.key, string.format('%d %d', s.count, s.start), 'PX', ttl(end_of(s) - now))
  end

  return fixed
end

-- sliding window --------------------------------------------------------------------------------------------------------------------------
-- A list: first the sum, the key's latest time and how far its time is ahead of the server's; then one admission after the other, `time cost`.
-- Those of one cell of the server's time are one, with the time of the newest of them; of more than the limit can be no more than the limit.

local function make_sliding()
  local sliding = {}
  local FEW, MANY = 4, 128

  local function entry(text)
    local at, cost = string.match(text, '^(%d+) (%d+)$')
    return tonumber(at), tonumber(cost)
  end

  local function header(s)
    return string.format('%d %d %d', s.sum, s.now, s.ahead)
  end

  -- Calls back with every admission from the oldest on until it says stop.
  local function each(s, first, stop)
    local index, step = 1, FEW
    local page = first
    while true do
      for i = 1, #page do
        if stop(entry(page[i])) then return end
      end
      if #page < step then return end
      index, step = index + step, MANY
      page = redis.call('LRANGE', s.key, index, index + step - 1)
    end
  end

  -- What has left the window is dropped at every look, or it would be walked over again.
  local function trim(s, page)
    local dropped = 0
    each(s, page, function(at, cost)
      if at + s.window > s.now then return true end
      dropped, s.sum = dropped + 1, s.sum - cost
    end)
    if dropped == 0 then return end
    redis.call('LTRIM', s.key, dropped, -1)
    if redis.call('LLEN', s.key) > 1 then
      redis.call('LSET', s.key, 0, header(s))
    else
      redis.call('DEL', s.key)
      s.exists, s.sum = false, 0
    end
  end

  function sliding.load(s, p)
    s.limit, s.window, s.cell = tonumber(ARGV[p]), tonumber(ARGV[p + 1]), tonumber(ARGV[p + 2])
    s.sum, s.added, s.now, s.ahead, s.exists = 0, 0, now, 0, false
    local page = redis.call('LRANGE', s.key, 0, FEW)
    if page[1] then
      s.exists = true
      local sum, at, ahead = string.match(page[1], '^(%d+) (%d+) (%d+)$')
      s.sum, at, s.ahead = tonumber(sum), tonumber(at), tonumber(ahead)
      s.now, s.looked = now + s.ahead, at
      if at > s.now then s.now, s.ahead, s.moved = at, at - now, true end
      table.remove(page, 1)
      trim(s, page)
    end
    s.sum0 = s.sum
  end

  function sliding.restore(s)
    s.sum, s.added = s.sum0, 0
  end

  function sliding.wait(s, cost)
    if cost == 0 then return 0 end
    if s.asked + cost > s.limit then return -1 end
    local excess = s.sum + cost - s.limit
    if excess <= 0 then return 0 end
    local wait = s.window
    if s.exists then
      each(s, redis.call('LRANGE', s.key, 1, FEW), function(at, freed)
        excess = excess - freed
        if excess > 0 then return false end
        wait = at + s.window - s.now
        return true
      end)
    end
    return wait
  end

  -- Gives back the latest first: what is given back was taken just now.
  local function give_back(s, units)
    while units > 0 and s.sum > 0 do
      local at, cost = entry(redis.call('LINDEX', s.key, -1))
      if cost <= units then
        redis.call('RPOP', s.key)
      else
        redis.call('LSET', s.key, -1, string.format('%d %d', at, cost - units))
      end
      s.sum = s.sum - math.min(cost, units)
      units = units - cost
    end
  end

  function sliding.take(s, cost)
    if cost < 0 then
      give_back(s, -cost)
    else
      s.sum, s.added = s.sum + cost, s.added + cost
    end
  end

  function sliding.left(s)
    return math.max(0, s.limit - s.sum)
  end

  function sliding.reset(s)
    if s.sum == 0 then return 0 end
    if s.added > 0 then return s.window end
    return entry(redis.call('LINDEX', s.key, -1)) + s.window - s.now
  end

  -- What was added goes to the newest admission when both are of one cell, or when there are as many as the limit, by charges past it. It is
  -- not looked for without a reason.
  local function append(s)
    if s.cell > 1 or s.sum > s.limit or s.looked == s.now then
      local at, cost = entry(redis.call('LINDEX', s.key, -1))
      if floor((at - s.ahead) / s.cell) == floor(now / s.cell) or redis.call('LLEN', s.key) > s.limit then
        redis.call('LSET', s.key, -1, string.format('%d %d', s.now, cost + s.added))
        return
      end
    end
    redis.call('RPUSH', s.key, string.format('%d %d', s.now, s.added))
  end

  function sliding.save(s)
    if s.sum == 0 then
      redis.call('DEL', s.key)
      s.exists = false
      return
    end
    if not s.exists then
      redis.call('RPUSH', s.key, header(s), string.format('%d %d', s.now, s.added))
    else
      if s.added > 0 then append(s) end
      redis.call('LSET', s.key, 0, header(s))
    end
    -- Of a key that only gave back, the admissions that are left need no more than this either.
    redis.call('PEXPIRE', s.key, ttl(s.window))
    s.exists = true
  end

  return sliding
end

-- the questions ---------------------------------------------------------------------------------------------------------------------------

-- A function costs its making at every call: only what is asked for is made.
local makers = { gcra = make_gcra, fixed = make_fixed, sliding = make_sliding }
local algorithms = {}
local what, taken_at = ARGV[1], tonumber(ARGV[2])
local answer = { now }

local function state_of(i)
  local p = 3 + (i - 1) * 6
  local kind = ARGV[p]
  local algorithm = algorithms[kind]
  if not algorithm then
    algorithm = makers[kind]()
    algorithms[kind] = algorithm
  end
  local s = { key = KEYS[i], kind = kind, algorithm = algorithm, asked = 0 }
  s.algorithm.load(s, p + 2)
  return s, tonumber(ARGV[p + 1])
end

local function tell(i, s, wait)
  local at = 3 * i - 1
  answer[at], answer[at + 1], answer[at + 2] = s.algorithm.left(s), s.algorithm.reset(s), wait
end

-- Whether what was taken then still counts: giving it back must not make room for others.
local function counts_still(s)
  if s.kind == 'fixed' then return s.start <= taken_at end
  if s.kind == 'sliding' then return taken_at + s.window > now end
  return true
end

if what ~= 'consume' then
  for i = 1, #KEYS do
    local s, cost = state_of(i)
    if cost ~= 0 and (what ~= 'undo' or counts_still(s)) then
      s.algorithm.take(s, cost)
      s.algorithm.save(s)
    end
    tell(i, s, 0)
  end
  return answer
end

local states, waits, refused = {}, {}, false
for i = 1, #KEYS do
  local s, cost = states[KEYS[i]], nil
  if s then
    cost = tonumber(ARGV[3 + (i - 1) * 6 + 1])
  else
    s, cost = state_of(i)
    states[KEYS[i]] = s
  end
  waits[i] = s.algorithm.wait(s, cost)
  refused = refused or waits[i] ~= 0
  -- The next question of this key counts behind this one, whatever became of it.
  s.algorithm.take(s, cost)
  s.asked = s.asked + cost
  tell(i, s, waits[i])
end
if refused then
  for _, s in pairs(states) do s.algorithm.restore(s) end
  for i = 1, #KEYS do tell(i, states[KEYS[i]], waits[i]) end
end
for _, s in pairs(states) do
  -- What was moved, because the clock went back or the numbers changed, is so from now on: it is kept even when nothing is admitted.
  if s.moved or (s.asked > 0 and not refused) then s.algorithm.save(s) end
end
return answer
