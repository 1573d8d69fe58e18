/** The arguments of each command that are keys, counted from 1 after its name. Without an entry, the first one is. */
const KEYS_OF: Record<string, string> = {
  ...each("time ping echo publish info dbsize randomkey scan keys", "{}"),
  ...each("del unlink exists touch mget pfcount pfmerge sdiff sinter sunion", "{1,-1}"),
  ...each("sdiffstore sinterstore sunionstore", "{1,-1}"),
  ...each("rename renamenx copy smove lmove rpoplpush blmove brpoplpush geosearchstore zrangestore", "{1,2}"),
  ...each("mset msetnx", "{1,-1,2}"),
  ...each("blpop brpop bzpopmin bzpopmax", "{1,-2}"),
  ...each("bitop", "{2,-1}"),
  ...each("object memory xgroup xinfo", "{2,2}"),
  ...each("zunion zinter zdiff zintercard sintercard lmpop zmpop", "{count=1}"),
  ...each("blmpop bzmpop", "{count=2}"),
  ...each("zunionstore zinterstore zdiffstore", "{count=2,target=1}"),
  ...each("xread xreadgroup", "{streams=true}"),
  ...each("flushdb flushall", "{all=true}"),
};

function each(names: string, keys: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, keys]));
}

/**
 * The check, in Lua. Every redis.call goes through a coroutine, because Lua sees its resume as a C function: so an error has
 * the line of the calling script, not one of this text. An error ends the coroutine; the next call gets a new one.
 */
const CHECK = `
  local redis = (function(real, declared, places, open)
    for _, key in ipairs(KEYS) do declared[key] = true end
    local function refuse(what, which)
      return 'ERR ' .. what .. " not allowed in Lua scripts when 'allow-key-locking' flag is set. " .. which
    end
    local function check(key)
      if not declared[tostring(key)] then return refuse('Dynamic keys are', 'Key was: ' .. tostring(key)) end
    end
    local function checkPlace(place, ...)
      if place.all then return refuse('Flushes are', 'Keys were: all') end
      local given, from, to, refused = {...}, place[1] or 1, place[2] or 0, nil
      if place.target then refused = check(given[place.target]) end
      if place.count then
        from = place.count + 1
        to = place.count + (tonumber(given[place.count]) or 0)
      end
      if place.streams then
        while from <= #given and string.lower(tostring(given[from])) ~= 'streams' do from = from + 1 end
        to = from + math.floor((#given - from) / 2)
        from = from + 1
      end
      if to < 0 then to = #given + 1 + to end
      for at = from, math.min(to, #given), place[3] or 1 do refused = refused or check(given[at]) end
      return refused
    end
    local function through(name)
      local resume
      local function wait(...)
        open[name] = resume
        return coroutine.yield(...)
      end
      local function loop(command, ...)
        open[name] = nil
        local place, refused = places[string.lower(tostring(command))], nil
        if place then refused = checkPlace(place, ...) elseif ... then refused = check((...)) end
        if not refused then return loop(wait(real[name](command, ...))) end
        if name == 'pcall' then return loop(wait({err = refused})) end
        error({err = refused})
      end
      resume = coroutine.wrap(loop)
      return resume
    end
    return setmetatable({}, {__index = function(_, name)
      if name ~= 'call' and name ~= 'pcall' then return real[name] end
      if not open[name] then open[name] = through(name) end
      return open[name]
    end})
  end)(redis, {}, {PLACES}, {})`;

/**
 * Makes one line of Lua that checks every command of the script after it: a key that is not in KEYS raises the error that
 * Upstash raises in a script with `allow-key-locking`.
 *
 * It holds only the commands that the script names, because each run makes their table again. So for a command whose name is
 * made at run time, only the first argument is checked.
 */
export function keyCheck(script: string): string {
  const named = new Set(script.toLowerCase().match(/\b[a-z]+\b/g));
  const places = Object.entries(KEYS_OF).filter(([name]) => named.has(name));
  return ONE_LINE.replace("PLACES", places.map(([name, keys]) => `${name}=${keys}`).join(","));
}

const ONE_LINE = CHECK.trim().replace(/\s*\n\s*/g, " ");
