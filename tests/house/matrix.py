"""Who may open what: one line for each address and method. The table is the expectation; `test_matrix.py` plays it.

who       `public`: everyone; `signed`: anyone signed in; `own`: the page finds out by itself who is there, since it
          belongs to the way in (nobody reads it without being someone); else the generic roles that open it.
health    `health`: closed to a local account, whatever its roles (X-01).
answer    what those who may enter receive with an unknown id and an empty form. Never 500, and the others: anonymous
          visitors are led to the sign-in, people without the right are refused (403).
"""

from __future__ import annotations

from dataclasses import dataclass

TABLE = """
# accounts
accounts:sign_in             GET    public                            200/302
accounts:psc_start           GET    public                            503
accounts:psc_return          GET    public                            409
accounts:psc_logout          POST   public                            400
accounts:psc_keys            GET    public                            200
accounts:enter               GET    own                               303
accounts:terms               GET    public                            200
accounts:terms               POST   public                            200/422
accounts:situation           GET    own                               200/303
accounts:situation           POST   own                               303/422
accounts:stay                POST   signed                            204
accounts:sign_out            POST   public                            303
accounts:signed_out          GET    public                            200
accounts:invitation          GET    public                            404
accounts:invitation          POST   public                            404
accounts:local_accounts      GET    admin_structure                   200
accounts:invite              POST   admin_structure                   422
accounts:invite_again        POST   admin_structure                   404
accounts:close               POST   admin_structure                   404
accounts:reopen              POST   admin_structure                   404
accounts:withdraw_invitation POST   admin_structure                   404
account_login                GET    public                            200/302
account_login                POST   public                            200/302
mfa_authenticate             GET    public                            302
mfa_authenticate             POST   public                            302
mfa_index                    GET    own                               200/303
mfa_index                    POST   own                               200/303
account_reauthenticate       GET    own                               200/303
account_reauthenticate       POST   own                               200/303
mfa_reauthenticate           GET    own                               302/303
mfa_reauthenticate           POST   own                               302/303
mfa_reauthenticate_webauthn  GET    own                               302/303
mfa_reauthenticate_webauthn  POST   own                               302/303
account_change_password      GET    own                               200/303
account_change_password      POST   own                               200/303
mfa_activate_totp            GET    own                               302/303
mfa_activate_totp            POST   own                               302/303
mfa_deactivate_totp          GET    own                               303/404
mfa_deactivate_totp          POST   own                               303/404
mfa_add_webauthn             GET    own                               302/303
mfa_add_webauthn             POST   own                               302/303
mfa_remove_webauthn          GET    own                               302/303
mfa_remove_webauthn          POST   own                               302/303
mfa_list_webauthn            GET    own                               303
mfa_view_recovery_codes      GET    own                               303/404
mfa_view_recovery_codes      POST   own                               303/405
mfa_generate_recovery_codes  GET    own                               302/303
mfa_generate_recovery_codes  POST   own                               302/303
# health
health:alive                 GET    public                            200
health:ready                 GET    public                            503
# crisis
crisis:levels                GET    signed                            200
crisis:change                POST   ars                               422
# supervision
supervision:board            GET    integrateur,support,rssi          200
supervision:alerts           GET    integrateur,support,rssi          200
# notifications
notifications:list           GET    signed                            200
notifications:read           POST   signed                            404
notifications:read_all       POST   signed                            303
# files
files:download               GET    signed                            404
# ui
ui:index                     GET    public                            200
ui:accessibility             GET    public                            200
ui:component                 GET    public                            404
ui:problem                   GET    public                            404
# emergency
emergency:entrance           GET    signed                            302
emergency:boards             GET    ioa,medecin_receveur       health 200
emergency:board              GET    ioa,medecin_receveur       health 404
emergency:wall               GET    ioa,medecin_receveur       health 404
emergency:receive            POST   ioa,medecin_receveur       health 204
emergency:arrival            GET    ioa,medecin_receveur       health 404
emergency:confirm            POST   ioa,medecin_receveur       health 404
emergency:acknowledge        POST   ioa,medecin_receveur       health 404
emergency:arrived            POST   ioa,medecin_receveur       health 404
emergency:offload            POST   ioa,medecin_receveur       health 404
emergency:cases              GET    regulateur,arm             health 200
emergency:new_case           GET    regulateur,arm             health 200
emergency:new_case           POST   regulateur,arm             health 200
emergency:case               GET    regulateur,arm             health 404
emergency:add_note           POST   regulateur,arm             health 404
emergency:orient             POST   regulateur,arm             health 404
emergency:stay_home          POST   regulateur,arm             health 404
emergency:finish             POST   regulateur,arm             health 404
emergency:reopen             POST   regulateur,arm             health 404
# hub
fhir:metadata                GET    public                            200
fhir:smart_configuration     GET    public                            200
fhir:token                   POST   public                            400
fhir:door                    GET    public                            401
fhir:door                    POST   public                            401
hub_sante:messages           GET    public                            401
hub_sante:messages           POST   public                            401
# exchanges
exchanges:journal            GET    integrateur,support,rssi          200
exchanges:export             GET    integrateur,support,rssi          200
exchanges:clients            GET    integrateur,support,rssi          200
exchanges:detail             GET    integrateur,support,rssi          404
exchanges:payload            GET    integrateur                health 404
exchanges:document           GET    integrateur                health 404
exchanges:replay             POST   integrateur                       404
exchanges:rehearse           POST   integrateur                       422
exchanges:replay_selection   POST   integrateur                       303
exchanges:patient            GET    integrateur                health 200
exchanges:find_patient       POST   integrateur                health 422
exchanges:set_aside          POST   integrateur                       404
# sources
sources:loadings             GET    terminologie,charge_territoire,support,ars,gestionnaire_ror 200
sources:loading              GET    terminologie,charge_territoire,support,ars,gestionnaire_ror 404
sources:anomalies            GET    terminologie,charge_territoire,support,ars,gestionnaire_ror 404
# facilities
facilities:search            GET    signed                            200
facilities:sheet             GET    signed                            404
# professionals
professionals:search         GET    signed                            200
professionals:sheet          GET    signed                            404
# quality
quality:scores               GET    gestionnaire_ror,terminologie,charge_territoire,ars 200
quality:anomalies            GET    gestionnaire_ror,terminologie,charge_territoire,ars 200
quality:export               GET    gestionnaire_ror,terminologie,charge_territoire,ars 200
quality:anomaly              GET    gestionnaire_ror,terminologie,charge_territoire,ars 404
quality:assign               POST   gestionnaire_ror                  404
quality:end                  POST   gestionnaire_ror                  404
quality:signal               GET    signed                            404
quality:signal               POST   signed                            404
quality:mine                 GET    signed                            200
# offer
offer:board                  GET    gestionnaire_lits,ioa,medecin_receveur,regulateur,arm,referent_ror,gestionnaire_ror,charge_territoire,ars 200
offer:export                 GET    gestionnaire_lits,ioa,medecin_receveur,regulateur,arm,referent_ror,gestionnaire_ror,charge_territoire,ars 200
offer:unit                   GET    gestionnaire_lits,ioa,medecin_receveur,regulateur,arm,referent_ror,gestionnaire_ror,charge_territoire,ars 404
offer:note                   POST   gestionnaire_lits,ioa,medecin_receveur,regulateur,arm,referent_ror,gestionnaire_ror,charge_territoire,ars 404
offer:requests               GET    gestionnaire_lits,medecin_receveur health 200
offer:receive                POST   gestionnaire_lits,medecin_receveur health 204
offer:asked                  GET    regulateur,medecin_receveur health 200
offer:approvals              GET    regulateur,ars health 200
offer:ask                    POST   regulateur,medecin_receveur health 404
offer:accept                 POST   gestionnaire_lits,medecin_receveur health 404
offer:refuse                 POST   gestionnaire_lits,medecin_receveur health 422
offer:arrived                POST   gestionnaire_lits,medecin_receveur health 404
offer:acknowledge            POST   gestionnaire_lits,medecin_receveur health 404
offer:release                POST   regulateur,medecin_receveur health 422
offer:approve                POST   regulateur,ars health 404
offer:reject                 POST   regulateur,ars health 422
offer:white_plans            GET    admin_structure 200
offer:set_white_plan         POST   admin_structure 422
offer:offers                 GET    signed 200
offer:offers_export          GET    signed 200
offer:offer                  GET    signed 404
offer:describe               GET    gestionnaire_lits,referent_ror 200
offer:describe               POST   gestionnaire_lits,referent_ror 422
offer:amend                  GET    gestionnaire_lits,referent_ror 404
offer:amend                  POST   gestionnaire_lits,referent_ror 404
offer:contacts               GET    gestionnaire_lits,referent_ror 404
offer:contacts               POST   gestionnaire_lits,referent_ror 404
offer:step                   POST   gestionnaire_lits,referent_ror 404
offer:judge                  POST   gestionnaire_ror 404
# terminology
terminology:catalogue        GET    signed                            200
terminology:system           GET    signed                            404
terminology:system_csv       GET    signed                            404
terminology:concept          GET    signed                            404
terminology:value_set        GET    signed                            404
terminology:value_set_csv    GET    signed                            404
hl7v2:new_sender             GET    integrateur                       200
hl7v2:new_sender             POST   integrateur                       422
hl7v2:sender                 GET    integrateur,support,rssi          404
hl7v2:edit_sender            GET    integrateur                       404
hl7v2:edit_sender            POST   integrateur                       404
hl7v2:switch_sender          POST   integrateur                       404
hl7v2:new_target             GET    integrateur                       200
hl7v2:new_target             POST   integrateur                       422
hl7v2:target                 GET    integrateur,support,rssi          404
hl7v2:edit_target            GET    integrateur                       404
hl7v2:edit_target            POST   integrateur                       404
hl7v2:switch_target          POST   integrateur                       404
hl7v2:try_target             POST   integrateur                       404
# letters
letters:list                 GET    integrateur,support,rssi,admissions,secretaire,referent_identito 200
letters:export               GET    integrateur,support,rssi,admissions,secretaire,referent_identito 200
letters:letter               GET    integrateur,support,rssi,admissions,secretaire,referent_identito 404
letters:give_address         POST   admissions,secretaire                404
letters:document             GET    integrateur,admissions,secretaire,referent_identito health 404
letters:file                 GET    integrateur,admissions,secretaire,referent_identito health 404
# stays
stays:census                 GET    gestionnaire_lits,ioa,medecin_receveur,charge_territoire,ars 200
stays:export                 GET    gestionnaire_lits,ioa,medecin_receveur,charge_territoire,ars 200
stays:unit                   GET    gestionnaire_lits,ioa,medecin_receveur,referent_identito health 404
stays:stay                   GET    gestionnaire_lits,ioa,medecin_receveur,referent_identito health 404
# identity
identity:search              GET    admissions,ioa,secretaire,medecin_receveur,gestionnaire_lits,referent_identito,cellule_ivo3 health 200
identity:search              POST   admissions,ioa,secretaire,medecin_receveur,gestionnaire_lits,referent_identito,cellule_ivo3 health 422
identity:new                 GET    admissions,ioa,secretaire,referent_identito health 409
identity:new                 POST   admissions,ioa,secretaire,referent_identito health 409
identity:unknown             POST   admissions,ioa,secretaire,referent_identito health 422
identity:work                GET    referent_identito,cellule_ivo3 health 200
identity:work_export         GET    referent_identito,cellule_ivo3 health 200
identity:close               POST   referent_identito,cellule_ivo3 health 404
identity:pair                GET    referent_identito,cellule_ivo3 health 404
identity:decide              POST   referent_identito,cellule_ivo3 health 404
identity:undo_merge          POST   referent_identito health 404
identity:unlink              POST   cellule_ivo3 health 404
identity:domains             GET    cellule_ivo3 health 200
identity:domain              GET    cellule_ivo3 health 404
identity:domain              POST   cellule_ivo3 health 404
identity:comparison          GET    admissions,ioa,secretaire,referent_identito health 404
identity:take                POST   admissions,ioa,secretaire,referent_identito health 404
identity:put_aside           POST   admissions,ioa,secretaire,referent_identito health 404
identity:sheet               GET    admissions,ioa,secretaire,medecin_receveur,gestionnaire_lits,referent_identito,cellule_ivo3 health 404
identity:traits              GET    admissions,ioa,secretaire,referent_identito health 404
identity:traits              POST   admissions,ioa,secretaire,referent_identito health 404
identity:strict              GET    admissions,ioa,secretaire,referent_identito health 404
identity:strict              POST   admissions,ioa,secretaire,referent_identito health 404
identity:document            GET    admissions,ioa,referent_identito health 404
identity:document            POST   admissions,ioa,referent_identito health 404
identity:history             GET    admissions,ioa,secretaire,medecin_receveur,gestionnaire_lits,referent_identito,cellule_ivo3 health 404
identity:steward             GET    referent_identito health 404
identity:steward             POST   referent_identito health 404
identity:invalidate          POST   referent_identito health 404
identity:doubt               POST   admissions,ioa,secretaire,medecin_receveur,gestionnaire_lits,referent_identito,cellule_ivo3 health 404
identity:linking_choice      POST   admissions,ioa,secretaire,referent_identito health 404
identity:ask_insi            POST   admissions,ioa,secretaire,referent_identito health 404
# channels
channels:flow                GET    integrateur,support,rssi,terminologie        200
channels:flow_export         GET    integrateur,support,rssi,terminologie        200
channels:certificate         POST   integrateur                          422
channels:deposit             POST   public                            401
channels:list                GET    integrateur,support,rssi,terminologie        200
channels:export              GET    integrateur,support,rssi,terminologie        200
channels:new                 GET    integrateur                          200
channels:new                 POST   integrateur                          422
channels:desks               GET    integrateur,support,rssi,terminologie        200
channels:choose_desk         POST   integrateur                          409
channels:task                GET    signed                               404
channels:mend                POST   signed                               404
channels:tables              GET    integrateur,support,rssi,terminologie        200
channels:new_table           GET    integrateur,terminologie             200
channels:new_table           POST   integrateur,terminologie             422
channels:table               GET    integrateur,support,rssi,terminologie        404
channels:write_table         POST   integrateur,terminologie             404
channels:approve_table       POST   integrateur,terminologie             404
channels:export_table        GET    integrateur,support,rssi,terminologie        404
channels:channel             GET    integrateur,support,rssi,terminologie        404
channels:act                 POST   integrateur,support,rssi,terminologie        404
channels:messages            GET    integrateur,support,rssi,terminologie        404
channels:report              GET    integrateur,support,rssi,terminologie        404
channels:editor              GET    integrateur                          404
channels:gesture             POST   integrateur                          404
channels:item                GET    integrateur                          404
channels:item                POST   integrateur                          404
channels:text                GET    integrateur,support,rssi,terminologie        404
channels:text                POST   integrateur,support,rssi,terminologie        404
channels:trial               GET    integrateur                          404
channels:trial               POST   integrateur                          404
channels:values              GET    integrateur                   health 404
channels:approval            GET    integrateur,support,rssi,terminologie        404
channels:decide              POST   integrateur,support,rssi,terminologie        404
channels:history             GET    integrateur,support,rssi,terminologie        404
channels:restore             POST   integrateur                          404
# subscriptions
subscriptions:list           GET    integrateur,support,rssi          200
subscriptions:export         GET    integrateur,support,rssi          200
subscriptions:detail         GET    integrateur,support,rssi          404
subscriptions:act            POST   integrateur                       404
# conformance
conformance:bench            GET    editeur,integrateur               200
conformance:bench            POST   editeur,integrateur               422
conformance:history          GET    editeur,integrateur               200
conformance:history_csv      GET    editeur,integrateur               200
conformance:export           POST   editeur,integrateur               409
conformance:api              POST   public                            401/429
# portal
favicon                      GET    public                            302
favicon                      POST   public                            302
portal:home                  GET    public                            200
portal:house                 GET    public                            200
portal:search                GET    public                            200
portal:legal                 GET    public                            200
portal:accessibility         GET    public                            302
portal:service               GET    public                            404
portal:open                  GET    signed                            404
portal:favourite             POST   signed                            404
portal:ask                   POST   signed                            404
portal:catalogue             GET    chef_produit                      403
portal:catalogue_export      GET    chef_produit                      403
portal:add_service           GET    chef_produit                      403
portal:add_service           POST   chef_produit                      403
portal:kept                  GET    chef_produit                      403
portal:change_service        GET    chef_produit                      403
portal:change_service        POST   chef_produit                      403
portal:rule                  GET    chef_produit                      403
portal:rule                  POST   chef_produit                      403
portal:remove_rule           POST   chef_produit                      403
portal:withdraw_service      POST   chef_produit                      403
portal:undo_version          POST   chef_produit                      403
portal:requests              GET    signed                            200
portal:request               GET    signed                            404
portal:approve               POST   admin_structure                   404
portal:approve_service       POST   chef_produit                      404
portal:ask_more              POST   admin_structure                   404
portal:complete              POST   signed                            404
portal:refuse                POST   signed                            404
portal:withdraw              POST   signed                            404
portal:acknowledge           POST   signed                            404
portal:revoke                POST   admin_structure                   404
# hub
hub_sante:message            DELETE public                            401
"""


@dataclass(frozen=True)
class Line:
    route: str
    method: str
    who: frozenset[str]
    health: bool
    answers: frozenset[int]

    @property
    def is_public(self) -> bool:
        return self.who == {"public"}

    @property
    def is_own(self) -> bool:
        return self.who == {"own"}

    @property
    def is_for_all_signed_in(self) -> bool:
        return self.who == {"signed"}


def line(text: str) -> Line:
    route, method, who, *health, answers = text.split()
    return Line(route, method, frozenset(who.split(",")), health == ["health"], frozenset(map(int, answers.split("/"))))


def lines() -> list[Line]:
    return [line(text) for text in TABLE.splitlines() if text.strip() and not text.startswith("#")]
