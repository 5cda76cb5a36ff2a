/**
 * British and American spelling. The pairs are OpenAI's (whisper/normalizers/english.json in
 * github.com/openai/whisper, copyright (c) 2022 OpenAI, MIT licence), with their slips ("archaeology"),
 * so that error rates can be compared; all but the one whose British side is no single word.
 */

let spellings: ReadonlyMap<string, string> | undefined;

/** A word's American spelling; the word itself where there is no other. */
export function americanSpelling(word: string): string {
  spellings ??= readFamilies();
  return spellings.get(word) ?? word;
}

function readFamilies(): Map<string, string> {
  return new Map(
    families
      .trim()
      .split(/\s+/)
      .flatMap((family) => {
        const [stem, british, american, ...endings] = family.split(",");
        return endings.map((ending): [string, string] => {
          return [`${stem}${british}${ending}`, `${stem}${american}${ending}`];
        });
      }),
  );
}

/** Families of words: stem, British middle, American middle, and the endings that may follow. */
const families = `
accessori,s,z,e,ed,es,ing acclimati,s,z,ation,e,ed,es,ing accout,re,er,ments
,a,,eon,eons,esthete,esthetes,esthetic,esthetically,esthetics,etiology aerogram,me,,,s
a,ero,ir,plane,planes ag,e,,ing aggrandi,s,z,ement agoni,s,z,e,ed,es,ing,ingly almanac,k,,,s
alumin,i,,um amorti,s,z,able,ation,ations,e,ed,es,ing amphitheat,re,er,,s
an,a,,emia,emic,esthesia,esthetic,esthetics,esthetist,esthetists,esthetize,esthetized,esthetizes,esthetizing
an,aesthetis,esthetiz,e,ed,es,ing analog,ue,,,s analy,s,z,e,ed,es,ing anglici,s,z,e,ed,es,ing
annuali,s,z,ed antagoni,s,z,e,ed,es,ing apologi,s,z,e,ed,es,ing appal,,l,,s
appeti,s,z,er,ers,ing,ingly arbo,u,,r,rs arch,,a,eological arch,a,,eologically,eologist,eologists
arch,aeology,eology</span>, ardo,u,,r armo,u,,r,red,rer,rers,ries,ry art,e,i,fact,facts
authori,s,z,e,ed,es,ing ax,e,, backpedal,l,,ed,ing ban,n,,ister,isters bapti,s,z,e,ed,es,ing
bastardi,s,z,e,ed,es,ing battleax,,e, ba,u,,lk,lked,lking,lks bedevil,l,,ed,ing
behavio,u,,r,ral,rism,rist,rists,rs beho,,o,ve,ved,ves bejewel,l,,ed belabo,u,,r,red,ring,rs
bevel,l,,ed bev,v,,ies,y bias,s,,ed,ing bing,e,,ing bougainvill,a,,ea,eas bowdleri,s,z,e,ed,es,ing
breathaly,s,z,e,ed,er,ers,es,ing brutali,s,z,e,ed,es,ing bus,s,,es,ing c,a,,esarean,esareans
calib,re,er,,s cal,l,,iper,ipers,isthenics canali,s,z,e,ed,es,ing cancel,,l,ation,ations
cancel,l,,ed,ing cando,u,,r cannibali,s,z,e,ed,es,ing canoni,s,z,e,ed,es,ing
capitali,s,z,e,ed,es,ing carameli,s,z,e,ed,es,ing carboni,s,z,e,ed,es,ing carol,l,,ed,ing
catalog,ue,,,s catalog,u,,ed,ing cataly,s,z,e,ed,es,ing categori,s,z,e,ed,es,ing
cauteri,s,z,e,ed,es,ing cavil,l,,ed,ing centigram,me,,,s centilit,re,er,,s centimet,re,er,,s
centrali,s,z,e,ed,es,ing cent,re,er,,fold,folds,piece,pieces,s cent,,e,red channel,l,,ed,ing
characteri,s,z,e,ed,es,ing che,que,ck,,book,books,s che,qu,ck,ered chil,l,,i chim,a,,era,eras
chisel,l,,ed,ing circulari,s,z,e,ed,es,ing civili,s,z,e,ed,es,ing clamo,u,,r,red,ring,rs clango,u,,r
clarinet,t,,ist,ists collectivi,s,z,e,ed,es,ing coloni,s,z,ation,e,ed,er,ers,es,ing
colo,u,,r,rant,rants,red,reds,rful,rfully,ring,rize,rized,rizes,rizing,rless,rs
commerciali,s,z,e,ed,es,ing compartmentali,s,z,e,ed,es,ing computeri,s,z,e,ed,es,ing
conceptuali,s,z,e,ed,es,ing conne,x,ct,ion,ions contextuali,s,z,e,ed,es,ing
co,s,z,ier,ies,iest,ily,iness,y council,l,,or,ors counsel,l,,ed,ing,or,ors crenel,,l,ated
criminali,s,z,e,ed,es,ing critici,s,z,e,ed,es,ing cruel,l,,er,est crystalli,s,z,ation,e,ed,es,ing
cudgel,l,,ed,ing customi,s,z,e,ed,es,ing c,y,i,pher,phers decentrali,s,z,ation,e,ed,es,ing
decriminali,s,z,ation,e,ed,es,ing defen,c,s,e,eless,es dehumani,s,z,ation,e,ed,es,ing demeano,u,,r
demilitari,s,z,ation,e,ed,es,ing demobili,s,z,ation,e,ed,es,ing democrati,s,z,ation,e,ed,es,ing
demoni,s,z,e,ed,es,ing demorali,s,z,ation,e,ed,es,ing denationali,s,z,ation,e,ed,es,ing
deodori,s,z,e,ed,es,ing depersonali,s,z,e,ed,es,ing deputi,s,z,e,ed,es,ing
desensiti,s,z,ation,e,ed,es,ing destabili,s,z,ation,e,ed,es,ing dial,l,,ed,ing dialog,ue,,,s
diarrh,o,,ea digiti,s,z,e,ed,es,ing dis,c,k,,s discolo,u,,r,red,ring,rs disembowel,l,,ed,ing
disfavo,u,,r dishevel,l,,ed dishono,u,,r,rable,rably,red,ring,rs disorgani,s,z,ation,ed distil,,l,,s
dramati,s,z,ation,ations,e,ed,es,ing
dra,ugh,f,t,tboard,tboards,tier,tiest,ts,tsman,tsmanship,tsmen,tswoman,tswomen,ty drivel,l,,ed,ing
duel,l,,ed,ing economi,s,z,e,ed,es,ing ed,o,,ema editoriali,s,z,e,ed,es,ing empathi,s,z,e,ed,es,ing
emphasi,s,z,e,ed,es,ing enamel,l,,ed,ing enamo,u,,red encyclop,a,,edia,edias,edic
endeavo,u,,r,red,ring,rs energi,s,z,e,ed,es,ing enrol,,l,,s enthral,,l,,s epaulet,te,,,s
epicent,re,er,,s epilog,ue,,,s epitomi,s,z,e,ed,es,ing equali,s,z,ation,e,ed,er,ers,es,ing
eulogi,s,z,e,ed,es,ing evangeli,s,z,e,ed,es,ing exorci,s,z,e,ed,es,ing
extempori,s,z,ation,e,ed,es,ing externali,s,z,ation,ations,e,ed,es,ing factori,s,z,e,ed,es,ing
f,a,,ecal,eces familiari,s,z,ation,e,ed,es,ing fantasi,s,z,e,ed,es,ing
favo,u,,r,rable,rably,red,ring,rite,rites,ritism,rs femini,s,z,e,ed,es,ing
fertili,s,z,ation,e,ed,er,ers,es,ing fervo,u,,r fib,re,er,,glass,s
fictionali,s,z,ation,ations,e,ed,es,ing fil,l,,et,eted,eting,ets finali,s,z,ation,e,ed,es,ing
fl,a,,utist,utists flavo,u,,r,red,ring,rings,rless,rs,rsome f,o,,etal,etid,etus,etuses
formali,s,z,ation,e,ed,es,ing fossili,s,z,ation,e,ed,es,ing fraterni,s,z,ation,e,ed,es,ing
fulfil,,l,,ment,s funnel,l,,ed,ing galvani,s,z,e,ed,es,ing gambol,l,,ed,ing
,gao,jai,l,lbird,lbirds,lbreak,lbreaks,led,ler,lers,ling,ls gas,s,,es ga,,u,ge,ged,ges,ging
generali,s,z,ation,ations,e,ed,es,ing ghettoi,s,z,e,ed,es,ing g,i,y,psies glamori,s,z,e,ed,es,ing
glamo,,u,r globali,s,z,ation,e,ed,es,ing glu,e,,ing goit,re,er,,s gonorrh,o,,ea gram,me,,,s
gravel,l,,ed gr,e,a,y,yed,ying,yish,yness,ys grovel,l,,ed,ing gro,yne,in,,s gruel,l,,ing,ingly
gr,ypho,iffi,n,ns gyn,a,,ecological,ecologist,ecologists,ecology
h,a,,ematological,ematologist,ematologists,ematology,emoglobin,emophilia,emophiliac,emophiliacs,emorrhage,emorrhaged,emorrhages,emorrhaging,emorrhoids
harbo,u,,r,red,ring,rs harmoni,s,z,ation,e,ed,es,ing hom,o,,eopath,eopathic,eopaths,eopathy
homogeni,s,z,e,ed,es,ing hono,u,,r,rable,rably,red,ring,rs hospitali,s,z,ation,e,ed,es,ing
humani,s,z,e,ed,es,ing humo,u,,r,red,ring,rless,rs hybridi,s,z,e,ed,es,ing hypnoti,s,z,e,ed,es,ing
hypothesi,s,z,e,ed,es,ing ideali,s,z,ation,e,ed,es,ing idoli,s,z,e,ed,es,ing
immobili,s,z,ation,e,ed,er,ers,es,ing immortali,s,z,e,ed,es,ing immuni,s,z,ation,e,ed,es,ing
impanel,l,,ed,ing imperil,l,,ed,ing individuali,s,z,e,ed,es,ing industriali,s,z,e,ed,es,ing
infle,x,ct,ion,ions initiali,s,z,e,ed,es,ing initial,l,,ed,ing instal,,l,,ment,ments,s instil,,l,,s
institutionali,s,z,ation,e,ed,es,ing intellectuali,s,z,e,ed,es,ing internali,s,z,ation,e,ed,es,ing
internationali,s,z,ation,e,ed,es,ing ioni,s,z,ation,e,ed,er,ers,es,ing italici,s,z,e,ed,es,ing
itemi,s,z,e,ed,es,ing jeopardi,s,z,e,ed,es,ing jewel,l,,ed,er,ers jewel,le,,ry judg,e,,ment
kilogram,me,,,s kilomet,re,er,,s label,l,,ed,ing labo,u,,r,red,rer,rers,ring,rs lacklust,re,er,
legali,s,z,ation,e,ed,es,ing legitimi,s,z,e,ed,es,ing leuk,a,,emia level,l,,ed,er,ers,ing
libel,l,,ed,ing,ous liberali,s,z,ation,e,ed,es,ing licen,c,s,e,ed,es,ing lik,e,,able
lioni,s,z,ation,e,ed,es,ing liquidi,s,z,e,ed,er,ers,es,ing lit,re,er,,s locali,s,z,e,ed,es,ing
louv,re,er,,s louv,,e,red lust,re,er, magneti,s,z,e,ed,es,ing
man,oeuv,euve,rability,rable,red,ring,rings man,oeuvre,euver,,s marginali,s,z,ation,e,ed,es,ing
marshal,l,,ed,ing marvel,l,,ed,ing,ous,ously materiali,s,z,ation,e,ed,es,ing
maximi,s,z,ation,e,ed,es,ing meag,re,er, mechani,s,z,ation,e,ed,es,ing medi,a,,eval
memoriali,s,z,e,ed,es,ing memori,s,z,e,ed,es,ing mesmeri,s,z,e,ed,es,ing metaboli,s,z,e,ed,es,ing
met,re,er,,s micromet,re,er,,s militari,s,z,e,ed,es,ing milligram,me,,,s millilit,re,er,,s
millimet,re,er,,s miniaturi,s,z,ation,e,ed,es,ing minibus,s,,es minimi,s,z,e,ed,es,ing
misbehavio,u,,r misdemeano,u,,r,rs misspel,t,led, mit,re,er,,s mobili,s,z,ation,e,ed,es,ing
model,l,,ed,er,ers,ing moderni,s,z,e,ed,es,ing moisturi,s,z,e,ed,er,ers,es,ing monolog,ue,,,s
monopoli,s,z,ation,e,ed,es,ing morali,s,z,e,ed,es,ing motori,s,z,ed
mo,u,,ld,lded,lder,ldered,ldering,lders,ldier,ldiest,lding,ldings,lds,ldy,lt,lted,lting,lts
m,o,,ustache,ustached,ustaches,ustachioed multicolo,u,,red nationali,s,z,ation,ations,e,ed,es,ing
naturali,s,z,ation,e,ed,es,ing neighbo,u,,r,rhood,rhoods,ring,rliness,rly,rs
neutrali,s,z,ation,e,ed,es,ing normali,s,z,ation,e,ed,es,ing odo,u,,r,rless,rs
,o,,esophagus,esophaguses,estrogen offen,c,s,e,es omelet,te,,,s optimi,s,z,e,ed,es,ing
organi,s,z,ation,ational,ations,e,ed,er,ers,es,ing orthop,a,,edic,edics ostraci,s,z,e,ed,es,ing
outman,oeuvre,euver,,s outman,oeuv,euve,red,ring overemphasi,s,z,e,ed,es,ing
oxidi,s,z,ation,e,ed,es,ing
p,a,,ederast,ederasts,ediatric,ediatrician,ediatricians,ediatrics,edophile,edophiles,edophilia
pal,a,,eolithic,eontologist,eontologists,eontology panel,l,,ed,ing,ist,ists paraly,s,z,e,ed,es,ing
parcel,l,,ed,ing parlo,u,,r,rs particulari,s,z,e,ed,es,ing passivi,s,z,ation,e,ed,es,ing
pasteuri,s,z,ation,e,ed,es,ing patroni,s,z,e,ed,es,ing,ingly pedal,l,,ed,ing
pedestriani,s,z,ation,e,ed,es,ing penali,s,z,e,ed,es,ing pencil,l,,ed,ing personali,s,z,e,ed,es,ing
pharmacop,o,,eia,eias philosophi,s,z,e,ed,es,ing ,philtre,filter,,s phon,e,,y
plagiari,s,z,e,ed,es,ing plo,ugh,w,,ed,ing,man,men,s,share,shares polari,s,z,ation,e,ed,es,ing
politici,s,z,ation,e,ed,es,ing populari,s,z,ation,e,ed,es,ing pouf,fe,,,s practi,s,c,e,ed,es,ing
pr,a,,esidium,esidiums pressuri,s,z,ation,e,ed,es,ing preten,c,s,e,es prim,a,,eval
prioriti,s,z,ation,e,ed,es,ing privati,s,z,ation,ations,e,ed,es,ing
professionali,s,z,ation,e,ed,es,ing program,me,,,s prolog,ue,,,s propagandi,s,z,e,ed,es,ing
proselyti,s,z,e,ed,er,ers,es,ing psychoanaly,s,z,e,ed,es,ing publici,s,z,e,ed,es,ing
pulveri,s,z,ation,e,ed,es,ing pummel,led,, pummel,ling,ed, p,y,a,jama,jamas p,,iz,zazz
quarrel,l,,ed,ing radicali,s,z,e,ed,es,ing ranco,u,,r randomi,s,z,e,ed,es,ing
rationali,s,z,ation,ations,e,ed,es,ing ravel,l,,ed,ing reali,s,z,able,ation,ations,e,ed,es,ing
recogni,s,z,able,ably,ance,e,ed,es,ing reconnoit,re,er,,s reconnoit,,e,red,ring refuel,l,,ed,ing
regulari,s,z,ation,e,ed,es,ing remodel,l,,ed,ing remo,u,,ld,lded,lding,lds
reorgani,s,z,ation,ations,e,ed,es,ing revel,l,,ed,er,ers,ing revitali,s,z,e,ed,es,ing
revolutioni,s,z,e,ed,es,ing rhapsodi,s,z,e,ed,es,ing rigo,u,,r,rs rituali,s,z,ed rival,l,,ed,ing
romantici,s,z,e,ed,es,ing rumo,u,,r,red,rs sab,re,er,,s saltpet,re,er, saniti,s,z,e,ed,es,ing
satiri,s,z,e,ed,es,ing savio,u,,r,rs savo,u,,r,red,ries,ring,rs,ry scandali,s,z,e,ed,es,ing
s,c,k,eptic,eptical,eptically,epticism,eptics scept,re,er,,s scrutini,s,z,e,ed,es,ing
seculari,s,z,ation,e,ed,es,ing sensationali,s,z,e,ed,es,ing sensiti,s,z,e,ed,es,ing
sentimentali,s,z,e,ed,es,ing sepulch,re,er,,s seriali,s,z,ation,ations,e,ed,es,ing
sermoni,s,z,e,ed,es,ing sheik,h,, shovel,l,,ed,ing shrivel,l,,ed,ing signali,s,z,e,ed,es,ing
signal,l,,ed,ing smo,u,,lder,ldered,ldering,lders snivel,l,,ed,ing snorkel,l,,ed,ing snowplo,ugh,w,
snowplo,ughs,w, sociali,s,z,ation,e,ed,es,ing sodomi,s,z,e,ed,es,ing solemni,s,z,e,ed,es,ing
somb,re,er, speciali,s,z,ation,ations,e,ed,es,ing spect,re,er,,s spiral,l,,ed,ing splendo,u,,r,rs
squirrel,l,,ed,ing stabili,s,z,ation,e,ed,er,ers,es,ing standardi,s,z,ation,e,ed,es,ing
stencil,l,,ed,ing sterili,s,z,ation,ations,e,ed,er,ers,es,ing stigmati,s,z,ation,e,ed,es,ing
stor,e,,y stor,ey,ie,s subsidi,s,z,ation,e,ed,er,ers,es,ing succo,u,,r,red,ring,rs
sul,ph,f,ate,ates,ide,ides,ur,urous summari,s,z,e,ed,es,ing swivel,l,,ed,ing symboli,s,z,e,ed,es,ing
sympathi,s,z,e,ed,er,ers,es,ing synchroni,s,z,ation,e,ed,es,ing synthesi,s,z,e,ed,er,ers,es,ing
s,y,i,phon,phoned,phoning,phons systemati,s,z,ation,e,ed,es,ing tantali,s,z,e,ed,es,ing,ingly
tassel,l,,ed technicolo,u,,r tempori,s,z,e,ed,es,ing tenderi,s,z,e,ed,es,ing terrori,s,z,e,ed,es,ing
theat,re,er,,goer,goers,s theori,s,z,e,ed,es,ing ton,ne,,,s towel,l,,ed,ing tox,a,,emia
tranquil,lis,iz,e,ed,er,ers,es,ing tranquil,l,,ity,ize,ized,izer,izers,izes,izing tranquil,l,it,y
transistori,s,z,ed traumati,s,z,e,ed,es,ing travel,l,,ed,er,ers,ing travelog,,ue,,s trial,l,,ed,ing
tricolo,u,,r,rs triviali,s,z,e,ed,es,ing tumo,u,,r,rs tunnel,l,,ed,ing tyranni,s,z,e,ed,es,ing
t,y,i,re,res unauthori,s,z,ed uncivili,s,z,ed underutili,s,z,ed unequal,l,,ed unfavo,u,,rable,rably
unioni,s,z,ation,e,ed,es,ing unorgani,s,z,ed unravel,l,,ed,ing unrecogni,s,z,able,ed unrival,l,,ed
unsavo,u,,ry untrammel,l,,ed urbani,s,z,ation,e,ed,es,ing utili,s,z,able,ation,e,ed,es,ing valo,u,,r
vandali,s,z,e,ed,es,ing vapori,s,z,ation,e,ed,es,ing vapo,u,,r,rs verbali,s,z,e,ed,es,ing
victimi,s,z,ation,e,ed,es,ing videodis,c,k,,s vigo,u,,r visuali,s,z,ation,ations,e,ed,es,ing
vocali,s,z,ation,ations,e,ed,es,ing vulcani,s,z,ed vulgari,s,z,ation,e,ed,es,ing wag,g,,on,ons
watercolo,u,,r,rs weasel,l,,ed,ing westerni,s,z,ation,e,ed,es,ing womani,s,z,e,ed,er,ers,es,ing
wool,l,,en,ens,ies,y worship,p,,ed,ing,er yodel,l,,ed,ing yog,ho,,urt,urts yog,h,,urt,urts ,mh,hm,m
,m,h,mm`;
